// Whether what the page shows is true: the badge in the header, and a line over the board when it may not be.
import { formatter } from './times.js';
import { toast } from './toast.js';

const words = { wait: 'Connecting', on: 'Live', behind: 'Catching up', off: 'Offline', ended: 'Signed out' };
const clock = formatter({ hour: '2-digit', minute: '2-digit' });

let state = 'wait', seenAt = Date.now(), away = false; // away: it was offline since the last answer

const isOffline = () => state === 'off' || state === 'ended';
export const isEnded = () => state === 'ended';
export const since = () => Date.now() - seenAt;

function line(main) {
  const found = document.getElementById('board-state');
  const element = found ?? Object.assign(document.createElement('p'), { id: 'board-state', className: 'flash warm board-state', role: 'status' });
  if (!found) {
    main.before(element);
  }
  return element;
}

function explain(main) {
  const from = `What you see is from ${clock(seenAt)}.`;
  if (state === 'ended') {
    const link = Object.assign(document.createElement('a'), {
      href: `/login?next=${encodeURIComponent(location.pathname + location.search)}`, textContent: 'Sign in',
    });
    line(main).replaceChildren(`Your session has ended. ${from} `, link);
  } else {
    line(main).textContent = `Offline. ${from} Cards can be moved again as soon as the connection is back.`;
  }
}

export function show(next) {
  const badge = document.getElementById('live');
  const main = document.querySelector('main.board');
  if (next === state || (state === 'ended' && next !== 'on')) {
    return;
  }
  state = next;
  if (badge) {
    badge.dataset.state = state;
    badge.textContent = words[state];
  }
  if (isOffline()) {
    away = true;
    explain(main);
    main.classList.add('stale');
  } else if (state === 'on') {
    main.classList.remove('stale');
    document.getElementById('board-state')?.remove();
  }
}

// The server has answered: what is shown is true now. changed: how many cards that concerned.
export function seen(changed) {
  const wasAway = away;
  away = false;
  seenAt = Date.now();
  show('on');
  if (wasAway) {
    const n = `${changed} ${changed === 1 ? 'card' : 'cards'}`;
    toast(changed > 0 ? `Back online. ${n} changed meanwhile and ${changed === 1 ? 'is' : 'are'} shown as now.`
      : 'Back online. Nothing was missed.', { kind: 'connection' });
  }
}
