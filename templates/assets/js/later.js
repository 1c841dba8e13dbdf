// What a page of hundreds of cards can be seen without: it is read and started in tasks of its own once the
// page is shown, so that none keeps the page from answering. (htmx looks through the whole page for what is
// its own; pages without a board name it in their head, because it misses its start if it comes in between.)
const shown = new Promise((resolve) => {
  if (document.readyState === 'complete') {
    resolve();
  } else {
    addEventListener('load', () => setTimeout(resolve));
  }
});

export const requests = () => shown.then(() => import('./requests.js')).then((module) => module.default);
export const sortable = () => shown.then(() => import('./sortable.js')).then((module) => module.default);
