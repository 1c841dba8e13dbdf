// The keyboard's drag: Space picks a card up, the arrows carry it, Enter or Space drops it, Escape puts it
// back. What is selected goes along. Every step is said.
import { moved, nameThem } from './act.js';
import { cardsIn, countOf, focusCard, idOf, laneOf, listOf, nameOf, putBack, remember, stageName, stageOf, stages } from './cards.js';
import { fold } from './fold.js';
import { hold, release } from './live.js';
import { isSelected, only, target } from './select.js';
import { say } from './toast.js';

let board, carried = null, stepping = false;

export const isCarrying = () => carried !== null;

function position(card) {
  const stage = stageOf(card);
  if (stage.dataset.sorted && stage !== carried.from.stage) {
    return `${stageName(stage)}, which is sorted: it finds its place by itself`;
  }
  const other = stage !== carried.from.stage ? 1 : 0;
  return `${stageName(stage)}, position ${cardsIn(stage).indexOf(card) + 1} of ${countOf(stage) + other}`;
}

export function pickUp(card) {
  const what = isSelected(card) ? target() : only(card);
  carried = { card, what, from: remember(card) };
  hold();
  card.classList.add('lifted');
  what.cards.filter((other) => other !== card).forEach((other) => other.classList.add('along'));
  say(`Picked up ${nameThem(what)}, in ${position(card)}. Arrow keys move, Enter drops, Escape cancels.`);
}

// A folded stage is open while the card is in it.
function open(stage) {
  if (carried.opened && carried.opened !== stage) {
    fold(carried.opened, true);
    carried.opened = null;
  }
  if (stage.classList.contains('folded')) {
    fold(stage, false);
    carried.opened = stage;
  }
}

function letGo() {
  const { card, what, opened } = carried;
  if (opened) {
    fold(opened, true);
  }
  carried = null;
  card.classList.remove('lifted');
  what.cards.forEach((other) => other.classList.remove('along'));
  return { card, what };
}

function cancel(why = '') {
  const { from } = carried;
  const { card, what } = letGo();
  putBack(from);
  if (!why) {
    focusCard(card);
  }
  release();
  say(`${why}${nameThem(what)} put back in ${stageName(from.stage)}.`);
}

// Where it stands, in the words of a move.
export function placeOf(card) {
  const isCard = (element) => element?.classList.contains('card') && !element.classList.contains('along');
  let above = card.previousElementSibling;
  while (above && !isCard(above)) {
    above = above.previousElementSibling;
  }
  let below = card.nextElementSibling;
  while (below && !isCard(below)) {
    below = below.nextElementSibling;
  }
  return above ? { after: idOf(above) } : below ? { before: idOf(below) } : {};
}

// Brings those that go along beside the card, in the order they had; answers where all of them were.
export function gather(card, what, from) {
  const at = what.cards.indexOf(card);
  const [above, below] = [what.cards.slice(0, at), what.cards.slice(at + 1)];
  const places = [...above, ...below].map(remember);
  card.before(...above);
  card.after(...below);
  return [from, ...places];
}

function drop() {
  const { from } = carried;
  const { card } = carried;
  const place = placeOf(card);
  const stage = stageOf(card);
  const still = card.nextElementSibling === from.next && stage === from.stage;
  const { what } = letGo();
  if (still && what.n === 1) {
    release();
    say(`${nameOf(card)} stays where it was.`);
    return;
  }
  const places = gather(card, what, from);
  focusCard(card);
  release();
  say(`Dropped in ${stageName(stage)}.`);
  moved(what, stage, place, places);
}

function step(key) {
  const { card, from } = carried;
  const all = stages(board);
  const stage = stageOf(card);
  const cards = cardsIn(stage, laneOf(card));
  const at = cards.indexOf(card);
  if (key === 'ArrowUp' || key === 'ArrowDown') {
    const other = cards[at + (key === 'ArrowUp' ? -1 : 1)];
    if (stage.dataset.sorted) {
      say(`${stageName(stage)} is sorted: the card finds its place by itself.`);
      return;
    }
    other?.[key === 'ArrowUp' ? 'before' : 'after'](card);
  } else {
    const next = all[all.indexOf(stage) + (key === 'ArrowLeft' ? -1 : 1)];
    if (!next) {
      say(`${stageName(stage)} is the ${key === 'ArrowLeft' ? 'first' : 'last'} stage.`);
      return;
    }
    open(next);
    if (next === from.stage && next.dataset.sorted) {
      putBack(from);
    } else {
      const lane = laneOf(card);
      const others = cardsIn(next, lane);
      const there = others[Math.min(at, others.length)];
      there ? there.before(card) : listOf(next, lane).prepend(card);
    }
  }
  focusCard(card);
  say(position(card));
}

// Answers whether the key was one of carrying.
export function carryKey(event) {
  const { key } = event;
  stepping = true;
  if (key.startsWith('Arrow')) {
    step(key);
  } else if (key === 'Enter' || key === ' ') {
    drop();
  } else if (key === 'Escape') {
    cancel();
  } else if (key !== 'Tab') {
    say('Arrow keys move, Enter drops, Escape cancels.');
  }
  stepping = false;
  return key !== 'Tab';
}

export function startCarry(element) {
  board = element;
  document.addEventListener('focusin', ({ target: focused }) => {
    if (carried && !stepping && !carried.card.contains(focused)) {
      cancel('The focus has left. ');
    }
  });
  document.addEventListener('pointerdown', () => carried && cancel('Interrupted. '));
}
