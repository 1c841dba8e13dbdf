// The rows of the stage form: drag by the grip, or Alt with the arrow keys; their order is stored when the
// form is sent. Without script the buttons in each row send it at once.
import { sortable } from './later.js';

function settle(list) {
  const rows = [...list.children];
  rows.forEach((row, i) => {
    row.querySelector('.number').textContent = i + 1;
    row.querySelector('input[type="text"]').ariaLabel = `Name of stage ${i + 1}`;
    row.querySelector('[value^="up:"]').disabled = i === 0;
    row.querySelector('[value^="down:"]').disabled = i === rows.length - 1;
  });
  const badge = list.querySelector('[data-final]');
  if (badge) {
    rows.at(-1).querySelector('.entry').after(badge);
  }
}

function shift(list, row, step) {
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) {
    return;
  }
  const focused = document.activeElement;
  other[step < 0 ? 'before' : 'after'](row);
  settle(list);
  if (row.contains(focused)) {
    (focused.disabled ? row.querySelector('input[type="text"]') : focused).focus();
  }
}

export function startStages() {
  for (const list of document.querySelectorAll('[data-sort-stages]')) {
    sortable().then((Sortable) => Sortable.create(list, {
      handle: '.grip', animation: 120, forceFallback: true, ghostClass: 'ghost',
      onEnd: () => settle(list),
    }));
    list.addEventListener('keydown', (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      const row = event.target.closest('.stage-row');
      if (event.altKey && step && row) {
        event.preventDefault();
        shift(list, row, step);
      }
    });
    list.addEventListener('click', (event) => {
      const button = event.target.closest('[value^="up:"], [value^="down:"]');
      if (button) {
        event.preventDefault();
        shift(list, button.closest('.stage-row'), button.value.startsWith('up') ? -1 : 1);
      }
    });
  }
}
