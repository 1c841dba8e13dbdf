// The keyboard's way over the board; the dialog #keys lists it. With cards selected the keys act on all of
// them, else on the card that has the focus.
import { moveBeside, moveTo, remove } from './act.js';
import { carryKey, isCarrying, pickUp } from './carry.js';
import { cardsIn, focusCard, stageOf, stages } from './cards.js';
import { chooseOwner, chooseStage, chooseTag } from './choosers.js';
import { openCard } from './drawer.js';
import { clearSelection, current, selectStage, selectUpTo, target, toggle } from './select.js';
import { undo } from './undo.js';

let board;

function walk(key) {
  const card = current();
  if (!card) {
    const first = board.querySelector('.card');
    if (first) {
      focusCard(first);
    }
    return;
  }
  const cards = cardsIn(stageOf(card));
  const at = cards.indexOf(card);
  const inStage = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: cards.length - 1 }[key];
  if (inStage !== undefined) {
    if (cards[inStage]) {
      focusCard(cards[inStage]);
    }
    return;
  }
  const all = stages(board);
  const step = key === 'ArrowLeft' ? -1 : 1;
  for (let i = all.indexOf(stageOf(card)) + step; i >= 0 && i < all.length; i += step) {
    const there = cardsIn(all[i]).filter((one) => one.checkVisibility()); // none in a folded stage
    if (there.length > 0) {
      focusCard(there[Math.min(at, there.length - 1)]);
      return;
    }
  }
}

// The stage beside that of the card with the focus, or of the first one selected.
function moveAside(what, step) {
  const all = stages(board);
  const lead = what.cards.find((card) => card.contains(document.activeElement)) ?? what.cards[0];
  moveTo(what, all[all.indexOf(stageOf(lead)) + step]);
}

// On one card: the one with the focus.
const onCard = {
  x: (card) => toggle(card),
  X: (card) => selectUpTo(card),
  ' ': (card) => pickUp(card),
  e: (card) => openCard(`${card.querySelector('.card-name').getAttribute('href')}?tab=notes`),
};
const withShift = {
  ArrowUp: (card) => moveBeside(card, -1),
  ArrowDown: (card) => moveBeside(card, 1),
};
// On what is selected, or else that card.
const onTarget = {
  m: (what) => chooseStage(board, what),
  o: chooseOwner,
  t: chooseTag,
  '[': (what) => moveAside(what, -1),
  ']': (what) => moveAside(what, 1),
  Delete: remove,
  Backspace: remove,
};
const showKeys = () => document.getElementById('keys').showModal();
const onBoard = {
  '?': showKeys,
  u: () => undo(),
  b: () => { location.href = '/boards'; },
  n: () => document.querySelector(`a[href="/boards/${board.dataset.board}/add"]`)?.click(),
  '/': () => document.querySelector('.search input')?.focus(),
  Escape: () => clearSelection(),
};
const walking = new Set(['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End']);

function press(event) {
  const { key } = event;
  const card = current();
  const actions = event.shiftKey && withShift[key] ? withShift : onCard;
  if (card && Object.hasOwn(actions, key)) {
    actions[key](card);
  } else if (Object.hasOwn(onTarget, key)) {
    const what = target();
    if (what.n === 0) {
      return false;
    }
    onTarget[key](what);
  } else if (walking.has(key) && !event.shiftKey) {
    walk(key);
  } else if (Object.hasOwn(onBoard, key)) {
    return onBoard[key]() !== false;
  } else {
    return false;
  }
  return true;
}

// The box of a card takes Space and Enter itself; the rest of the board's keys work on it too.
function isBusy({ target: element, key }) {
  if (element.matches('.card-pick')) {
    return key === ' ' || key === 'Enter';
  }
  return element.closest('input, textarea, select, dialog, [contenteditable], .menu[open], #toasts')
    || (key === ' ' && !element.closest('.card-name'))
    || (walking.has(key) && element.closest('[role="listbox"], summary'));
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) {
    return;
  }
  if (isCarrying()) {
    if (carryKey(event)) {
      event.preventDefault();
    }
    return;
  }
  if (isBusy(event)) {
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) {
    if (event.key === 'a' && !event.altKey && current()) {
      event.preventDefault();
      selectStage(stageOf(current()));
    }
    return;
  }
  if (press(event)) {
    event.preventDefault();
  }
}

// A dialog gives the focus back to where it was; when that card was drawn anew meanwhile, to its new drawing.
function keepFocus() {
  let last = null;
  board.addEventListener('focusin', ({ target: element }) => {
    last = element.closest('.card')?.id ?? last;
  });
  document.addEventListener('close', ({ target: dialog }) => {
    const card = last && document.getElementById(last);
    const lost = document.activeElement === document.body || dialog.contains(document.activeElement);
    if (card && lost && !document.querySelector('dialog[open]')) {
      card.querySelector('.card-name').focus({ preventScroll: true });
    } else if (dialog.contains(document.activeElement)) {
      document.activeElement.blur();
    }
  }, true);
}

// The bar of what is selected.
function watchBar() {
  const acts = { move: (what) => chooseStage(board, what), owner: chooseOwner, tag: chooseTag, remove, clear: () => clearSelection() };
  document.getElementById('selection').addEventListener('click', (event) => {
    const button = event.target.closest('[data-act]');
    if (button) {
      event.preventDefault();
      acts[button.dataset.act](target());
    }
  });
}

export function startKeys(element) {
  board = element;
  keepFocus();
  watchBar();
  document.addEventListener('keydown', onKey);
  document.addEventListener('click', ({ target: element }) => {
    if (element.closest('[data-keys]')) {
      showKeys();
    }
  });
}
