// The account panel, and the page of a lead opened from it, in a drawer over the board, under the address
// of the card or the lead.
import { requests } from './later.js';

const isShown = (path) => /^\/(boards\/\d+\/cards|leads)\/\d+$/.test(path);
// How many steps back the board is.
const depth = () => history.state?.drawer ?? 0;
const isPlain = (event) => !event.defaultPrevented && event.button === 0
  && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

let drawer, boardAddress, boardTitle, opener = null;

export async function openCard(address, push = true) {
  if (!drawer.open) {
    opener = document.activeElement;
  }
  if (push) {
    history.pushState({ drawer: depth() + 1 }, '', address);
  }
  const htmx = await requests();
  await htmx.ajax('GET', address, { target: '#drawer-body', swap: 'innerHTML' });
  if (!drawer.open && isShown(location.pathname)) {
    drawer.showModal();
  }
  drawer.scrollTop = 0;
  if (address.endsWith('?tab=notes')) {
    drawer.querySelector('textarea')?.focus();
  }
  const title = drawer.querySelector('h2')?.textContent;
  document.title = title ? `${title} · LeadBoard` : boardTitle;
}

function shut() {
  drawer.close();
  document.getElementById('drawer-body').replaceChildren();
  document.title = boardTitle;
  if (opener?.isConnected) {
    opener.focus({ preventScroll: true });
  }
}

function leave() {
  if (depth() > 0) {
    history.go(-depth());
  } else {
    history.replaceState(null, '', boardAddress);
    shut();
  }
}

export function startDrawer(board) {
  drawer = document.getElementById('drawer');
  boardAddress = location.pathname + location.search;
  boardTitle = document.title;
  board.addEventListener('click', (event) => {
    const link = event.target.closest('.card-name, .card-age');
    if (link && isPlain(event)) {
      event.preventDefault();
      openCard(link.getAttribute('href'));
    }
  });
  drawer.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-drawer]');
    if (event.target === drawer || event.target.closest('[data-close]')) {
      leave();
    } else if (link && isPlain(event)) {
      event.preventDefault();
      openCard(link.getAttribute('href')).then(() => drawer.querySelector('[data-close]')?.focus());
    }
  });
  drawer.addEventListener('cancel', (event) => {
    event.preventDefault();
    leave();
  });
  addEventListener('popstate', () => {
    if (isShown(location.pathname)) {
      openCard(location.pathname + location.search, false);
    } else if (drawer.open) {
      shut();
    }
  });
}
