// <button data-copy="#id"> copies that element's text and says so.
export function watchCopy() {
  document.addEventListener('click', async ({ target }) => {
    const button = target.closest?.('[data-copy]');
    const source = button && document.querySelector(button.dataset.copy);
    if (!source) {
      return;
    }
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = 'Press Ctrl+C';
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
