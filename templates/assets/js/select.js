// Which cards are selected. The boxes in the cards show it; it outlives their drawing anew.
import { cardOf, cardsIn, idOf, stageName, stageOf } from './cards.js';
import { pageQuery } from './live.js';
import { say } from './toast.js';

let board, anchor = null, byTouch = false;
let whole = null; // a stage of which everything is selected, what is not on the page too
const chosen = new Set();

export const current = () => document.activeElement.closest?.('.card') ?? null;
export const isSelected = (card) => chosen.has(idOf(card));
const before = (a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1);
// As they stand on the board.
export const selectedCards = () => [...chosen].map(cardOf).filter(Boolean).sort(before);

const totalOf = (stage) => Number(stage.querySelector('.stage-count').textContent.replace(/\D/g, ''));
const wholeStage = () => whole && document.getElementById(`s${whole}`);
const wholeIsMore = () => whole && (totalOf(wholeStage()) > chosen.size || wholeStage().querySelector('.more'));

export function selectedCount() {
  return wholeIsMore() ? totalOf(wholeStage()) : chosen.size;
}

export const countWords = (n = selectedCount()) => `${n.toLocaleString('en')} ${n === 1 ? 'card' : 'cards'}`;

// An operation on this card alone.
export const only = (card) => ({ cards: [card], fields: [['card', idOf(card)]], whole: null, n: 1 });

// What an operation is about: { cards, fields }; the selection, or else the card with the focus.
export function target() {
  const cards = chosen.size > 0 ? selectedCards() : [current()].filter(Boolean);
  const fields = wholeIsMore() ? [['all', whole], ['query', pageQuery()]]
    : cards.map((card) => ['card', idOf(card)]);
  return { cards, fields, whole: wholeIsMore() ? whole : null, n: wholeIsMore() ? selectedCount() : cards.length };
}

function show(quiet) {
  for (const pick of board.querySelectorAll('.card-pick:checked')) {
    pick.checked = chosen.has(pick.value);
  }
  for (const card of selectedCards()) {
    card.querySelector('.card-pick').checked = true;
  }
  const bar = document.getElementById('selection');
  const n = selectedCount();
  if (n > 0) {
    bar.querySelector('[data-picked]').textContent = n.toLocaleString('en');
  }
  bar.classList.toggle('shown', n > 0);
  board.classList.toggle('picking', n > 0);
  if (!quiet) {
    say(n === 0 ? 'Nothing selected' : `${n.toLocaleString('en')} selected`);
  }
}

export function clearSelection(quiet) {
  if (chosen.size === 0) {
    return false;
  }
  chosen.clear();
  whole = null;
  anchor = null;
  show(quiet);
  return true;
}

export function toggle(card, on = !isSelected(card)) {
  whole = null;
  chosen[on ? 'add' : 'delete'](idOf(card));
  anchor = idOf(card);
  show();
}

// From the card before it that was selected or not, up to this one, inside a stage.
export function selectUpTo(card) {
  const cards = cardsIn(stageOf(card));
  const from = cards.findIndex((other) => idOf(other) === anchor);
  if (from < 0) {
    toggle(card, true);
    return;
  }
  const to = cards.indexOf(card);
  whole = null;
  cards.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((other) => chosen.add(idOf(other)));
  show();
}

export function selectStage(stage) {
  const cards = cardsIn(stage);
  if (cards.length === 0) {
    say(`${stageName(stage)} has no cards`);
    return;
  }
  chosen.clear();
  cards.forEach((card) => chosen.add(idOf(card)));
  whole = stage.dataset.stage;
  anchor = null;
  show();
}

// Cards were drawn, moved or removed.
function refresh() {
  if (chosen.size === 0) {
    return;
  }
  const n = chosen.size;
  for (const id of chosen) {
    if (!cardOf(id)) {
      chosen.delete(id);
    }
  }
  if (whole && wholeStage()) {
    cardsIn(wholeStage()).forEach((card) => chosen.add(idOf(card)));
  }
  show(chosen.size === n);
}

function onClick(event) {
  const card = event.target.closest('.card');
  if (!card || event.button !== 0) {
    return;
  }
  const pick = event.target.closest('.card-pick');
  if (pick) {
    event.shiftKey ? selectUpTo(card) : toggle(card, pick.checked);
    return;
  }
  const wanted = event.ctrlKey || event.metaKey || event.shiftKey || (byTouch && chosen.size > 0);
  if (!wanted || event.target.closest('.card-menu')) {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  event.shiftKey ? selectUpTo(card) : toggle(card);
}

export function startSelect(element) {
  board = element;
  board.querySelectorAll('.card-pick:checked').forEach((pick) => chosen.add(pick.value)); // before a reload
  if (chosen.size > 0) {
    show(true);
  }
  document.addEventListener('pointerdown', ({ pointerType }) => { byTouch = pointerType === 'touch'; }, true);
  board.addEventListener('click', onClick, true);
  board.addEventListener('click', ({ target: element }) => {
    const button = element.closest('[data-pick-stage]');
    if (button) {
      button.closest('details').open = false;
      selectStage(stageOf(button));
    }
  });
  document.addEventListener('board:changed', refresh);
}
