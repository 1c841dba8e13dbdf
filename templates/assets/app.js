// What makes pages smooth. Every page works without: links are links, forms are forms.
import { watchTimes } from './js/times.js';
import { watchMenus } from './js/menu.js';
import { watchCopy } from './js/copy.js';
import { watchNotes } from './js/notes.js';
import { watchPicks } from './js/picks.js';
import { watchBuilder } from './js/builder.js';
import { toast, watchToasts } from './js/toast.js';
import { sessionEnded } from './js/live.js';
import { startStages } from './js/stages.js';
import { startBoard } from './js/board.js';

document.addEventListener('htmx:responseError', () => {
  toast('That did not work. Reload the page and try again.', { kind: 'failed' });
});
document.addEventListener('htmx:sendError', () => toast('No connection. Try again in a moment.', { kind: 'failed' }));
// Nothing that somebody has typed is lost by a way to the sign-in page.
document.addEventListener('htmx:beforeOnLoad', (event) => {
  if (event.detail.xhr.status === 401) {
    event.preventDefault();
    sessionEnded();
    toast('Your session has ended, so nothing was stored. Sign in in another tab, then try again.', { kind: 'failed' });
  }
});

// <select data-submit>: choosing is enough; the button beside it is for browsers without script.
document.addEventListener('change', ({ target }) => target.matches('[data-submit]') && target.form.requestSubmit());

watchTimes();
watchToasts();
watchMenus();
watchCopy();
watchNotes();
watchPicks();
watchBuilder();
startStages();
startBoard();
