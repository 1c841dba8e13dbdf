// Short messages at the bottom, in front of everything, read out by screen readers. They wait while
// somebody points at them or is in them. A message of the same kind takes the place of the one before.
const STAY_MS = 8000;
const MOST = 3;

const timers = new Map(); // message -> when it goes

const box = () => document.getElementById('toasts');

// Everything outside an open modal dialog is dead, so the box goes where its buttons can be pressed.
function settle() {
  const place = [...document.querySelectorAll('dialog:modal')].at(-1) ?? document.body;
  const toasts = box();
  if (toasts.parentElement !== place) {
    place.append(toasts);
  }
  toasts.popover = 'manual';
  if (toasts.matches(':popover-open')) {
    toasts.hidePopover();
  }
  if (toasts.firstChild) {
    toasts.showPopover();
  }
}

export function dismiss(message) {
  if (!message?.isConnected) {
    return;
  }
  const focused = message.contains(document.activeElement);
  clearTimeout(timers.get(message));
  timers.delete(message);
  message.remove();
  if (focused) {
    document.dispatchEvent(new CustomEvent('toast:left'));
  }
  if (!box().firstChild && box().matches(':popover-open')) {
    box().hidePopover();
  }
}

function wait(message) {
  if (message.dataset.stay) {
    return;
  }
  clearTimeout(timers.get(message));
  timers.set(message, setTimeout(() => dismiss(message), STAY_MS));
}

function button(className, text, run) {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = className;
  element.textContent = text;
  element.addEventListener('click', run);
  return element;
}

// action: { text, key, run }: a button. kind: takes the place of the message of this kind. stay: until it is
// dismissed.
export function toast(text, { action, kind = text, stay = false } = {}) {
  if (!box()) {
    return null;
  }
  const message = document.createElement('div');
  message.className = 'toast';
  message.dataset.kind = kind;
  message.dataset.stay = stay ? '1' : '';
  const words = document.createElement('span');
  words.textContent = text;
  message.append(words);
  if (action) {
    const act = button('toast-act', action.text, () => {
      dismiss(message);
      action.run();
    });
    if (action.key) {
      act.append(Object.assign(document.createElement('kbd'), { textContent: action.key }));
      act.ariaKeyShortcuts = action.key;
    }
    message.append(act);
  }
  const close = button('toast-close', '×', () => dismiss(message));
  close.ariaLabel = 'Dismiss';
  message.append(close);
  const same = [...box().children].find((other) => other.dataset.kind === kind);
  if (same) {
    dismiss(same);
  }
  while (box().children.length >= MOST) {
    dismiss(box().firstChild);
  }
  box().append(message);
  settle();
  wait(message);
  return message;
}

export function watchToasts() {
  const toasts = box();
  if (!toasts) {
    return;
  }
  const pause = () => timers.forEach((timer) => clearTimeout(timer));
  const goOn = () => toasts.matches(':hover, :focus-within') || [...toasts.children].forEach(wait);
  toasts.addEventListener('pointerenter', pause);
  toasts.addEventListener('focusin', pause);
  toasts.addEventListener('pointerleave', goOn);
  toasts.addEventListener('focusout', () => setTimeout(goOn));
  toasts.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      dismiss(event.target.closest('.toast'));
    }
  });
  document.addEventListener('close', settle, true);
}

function speak(id, text) {
  const region = document.getElementById(id);
  if (region) {
    region.textContent = region.textContent === text ? `${text} ` : text;
  }
}

// What somebody's own doing led to, at once.
export const say = (text) => speak('said', text);
// What others did, when there is a pause.
export const mention = (text) => speak('heard', text);
