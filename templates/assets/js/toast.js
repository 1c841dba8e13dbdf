// Short messages at the bottom, in front of everything, read out by screen readers.
export function toast(text) {
  const box = document.getElementById('toasts');
  if (!box) {
    return;
  }
  const message = document.createElement('p');
  message.className = 'toast';
  message.textContent = text;
  box.append(message);
  box.popover = 'manual'; // in front of an open dialog
  if (box.matches(':popover-open')) {
    box.hidePopover();
  }
  box.showPopover();
  setTimeout(() => {
    message.remove();
    if (!box.firstChild && box.matches(':popover-open')) {
      box.hidePopover();
    }
  }, 7000);
}

export function say(text) {
  const said = document.getElementById('said');
  if (said) {
    said.textContent = said.textContent === text ? `${text} ` : text;
  }
}
