// "Show more" at the end of a stage is pressed by itself when it comes near, and says when it could not.
import { requests } from './later.js';

const NEAR = '300px';

let watcher;
const fresh = new Set();

function watch(root) {
  root.querySelectorAll('.more a').forEach((link) => watcher.observe(link));
}

// A card that somebody moved here meanwhile may be on the page already: what was loaded is newer.
function settle() {
  for (const item of fresh) {
    if (item.id && item.isConnected) {
      [...document.querySelectorAll(`#${item.id}`)].filter((other) => other !== item).forEach((other) => other.remove());
    }
    watch(item);
  }
  fresh.clear();
  document.dispatchEvent(new CustomEvent('board:changed', { detail: [] }));
}

async function load(link) {
  const item = link.closest('.more');
  watcher.unobserve(link);
  item.classList.add('loading');
  item.ariaBusy = 'true';
  link.textContent = 'Loading…';
  const htmx = await requests();
  htmx.trigger(link, 'click');
}

function failed(link) {
  const item = link.closest('.more');
  item.classList.remove('loading');
  item.classList.add('failed');
  item.ariaBusy = null;
  link.textContent = 'Could not load more. Try again';
}

export function startMore(board) {
  watcher = new IntersectionObserver((entries) => {
    entries.filter(({ isIntersecting }) => isIntersecting).forEach(({ target }) => load(target));
  }, { rootMargin: NEAR });
  watch(board);
  document.addEventListener('board:drawn', () => watch(board));
  board.addEventListener('htmx:load', ({ target }) => {
    if (fresh.size === 0) {
      setTimeout(settle); // once for all of them
    }
    fresh.add(target);
  });
  for (const name of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout']) {
    board.addEventListener(name, (event) => {
      const link = event.target.closest('.more a');
      if (link) {
        event.stopPropagation(); // said here, not in a message
        failed(link);
      }
    });
  }
  board.addEventListener('click', ({ target }) => {
    const link = target.closest('.more.failed a');
    if (link) {
      link.closest('.more').classList.remove('failed');
      link.textContent = 'Loading…';
    }
  });
}
