// The account panel in a drawer over the board, under the address of the card.
import htmx from 'htmx.org/dist/htmx.esm.js';

const isCard = (path) => /^\/boards\/\d+\/cards\/\d+$/.test(path);

let drawer, boardAddress, boardTitle, opener = null;

export async function openCard(address, push = true) {
  opener = document.activeElement;
  if (push) {
    history.pushState({ drawer: true }, '', address);
  }
  await htmx.ajax('GET', address, { target: '#drawer-body', swap: 'innerHTML' });
  if (!drawer.open && isCard(location.pathname)) {
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
  if (history.state?.drawer) {
    history.back();
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
    if (link && !event.defaultPrevented && event.button === 0
        && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      openCard(link.getAttribute('href'));
    }
  });
  drawer.addEventListener('click', (event) => {
    if (event.target === drawer || event.target.closest('[data-close]')) {
      leave();
    }
  });
  drawer.addEventListener('cancel', (event) => {
    event.preventDefault();
    leave();
  });
  addEventListener('popstate', () => {
    if (isCard(location.pathname)) {
      openCard(location.pathname + location.search, false);
    } else if (drawer.open) {
      shut();
    }
  });
}
