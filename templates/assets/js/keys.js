// The keyboard's way over the board; the dialog #keys lists it.
import { cardsIn, idOf, listOf, nameOf, stageName, stageOf, stages } from './cards.js';
import { move, remember } from './move.js';
import { openCard } from './drawer.js';
import { say } from './toast.js';

let board, choosing = false;

const current = () => document.activeElement.closest?.('.card');

function go(card) {
  if (card) {
    card.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    card.querySelector('.card-name').focus();
  }
}

function walk(key) {
  const card = current();
  if (!card) {
    go(board.querySelector('.card'));
    return;
  }
  const all = stages(board);
  const stage = stageOf(card);
  const at = cardsIn(stage).indexOf(card);
  const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
  if (step[0] === 0) {
    go(cardsIn(stage)[at + step[1]]);
    return;
  }
  for (let i = all.indexOf(stage) + step[0]; i >= 0 && i < all.length; i += step[0]) {
    const cards = cardsIn(all[i]);
    if (cards.length > 0) {
      go(cards[Math.min(at, cards.length - 1)]);
      return;
    }
  }
}

function moveTo(card, stage) {
  if (!stage || stage === stageOf(card)) {
    say(stage ? `${nameOf(card)} is in ${stageName(stage)} already` : 'There is no such stage');
    return;
  }
  const from = remember(card);
  listOf(stage).prepend(card);
  go(card);
  say(`Moving ${nameOf(card)} to ${stageName(stage)}`);
  move(card, stage, {}, from);
}

function moveBeside(card, step) {
  const stage = stageOf(card);
  const cards = cardsIn(stage);
  const other = cards[cards.indexOf(card) + step];
  if (stage.dataset.sorted) {
    say(`${stageName(stage)} is sorted; sort it by hand to order its cards`);
    return;
  }
  if (!other) {
    return;
  }
  const from = remember(card);
  other[step < 0 ? 'before' : 'after'](card);
  go(card);
  move(card, stage, { [step < 0 ? 'before' : 'after']: idOf(other) }, from);
}

function choose(card) {
  choosing = true;
  say(`Move ${nameOf(card)} to: ${stages(board).slice(0, 9)
    .map((stage, i) => `${i + 1} ${stageName(stage)}`).join(', ')}`);
}

function onCard(event, card) {
  const all = stages(board);
  const at = all.indexOf(stageOf(card));
  const actions = {
    m: () => choose(card),
    '[': () => moveTo(card, all[at - 1]),
    ']': () => moveTo(card, all[at + 1]),
    e: () => openCard(`${card.querySelector('.card-name').getAttribute('href')}?tab=notes`),
  };
  if (choosing && /^[1-9]$/.test(event.key)) {
    moveTo(card, all[Number(event.key) - 1]);
  } else if (event.shiftKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
    moveBeside(card, event.key === 'ArrowUp' ? -1 : 1);
  } else if (actions[event.key]) {
    choosing = false;
    actions[event.key]();
    return true;
  } else {
    return false;
  }
  choosing = false;
  return true;
}

const showKeys = () => document.getElementById('keys').showModal();

function onBoard(event) {
  const actions = {
    '?': showKeys,
    b: () => { location.href = '/boards'; },
    '/': () => document.querySelector('.search input')?.focus(),
  };
  if (event.key.startsWith('Arrow') && !event.shiftKey) {
    walk(event.key);
  } else if (actions[event.key]) {
    actions[event.key]();
  } else {
    return false;
  }
  return true;
}

// A dialog gives the focus back to where it was; when that card was drawn anew meanwhile, to its new drawing.
function keepFocus() {
  let last = null;
  board.addEventListener('focusin', ({ target }) => {
    last = target.closest('.card')?.id ?? last;
  });
  for (const dialog of document.querySelectorAll('#keys, #drawer')) {
    dialog.addEventListener('close', () => {
      const card = last && document.getElementById(last);
      const lost = document.activeElement === document.body || dialog.contains(document.activeElement);
      if (card && lost) {
        card.querySelector('.card-name').focus({ preventScroll: true });
      }
    });
  }
}

export function startKeys(element) {
  board = element;
  keepFocus();
  document.addEventListener('keydown', (event) => {
    const busy = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented
      || event.target.closest('input, textarea, select, dialog, [contenteditable], .menu[open]');
    if (busy) {
      return;
    }
    const card = current();
    if ((card && onCard(event, card)) || onBoard(event)) {
      event.preventDefault();
    }
  });
  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-keys]')) {
      showKeys();
    }
  });
}
