// Dragging by mouse, and by touch after a long press; a swipe scrolls. What is selected goes along. Besides
// the lists, the names in the stage switch and folded stages take cards. A long press that does not move
// selects.
import { moved, moveTo } from './act.js';
import { gather, placeOf } from './carry.js';
import { putBack, remember, stageOf } from './cards.js';
import { sortable } from './later.js';
import { hold, release } from './live.js';
import { isSelected, only, target, toggle } from './select.js';
import { stageUnder, showStage } from './switch.js';

const LONG_PRESS_MS = 260;
const DWELL_MS = 450;

let Sortable, board, from = null, what = null, over = null, dwell = null, byTouch = false, pressed = null;

// What the finger or the mouse is over, when that is not a list: a name in the switch, a folded stage.
function watchPointer(event) {
  const at = event.touches?.[0] ?? event;
  const found = stageUnder(at.clientX, at.clientY);
  if (found?.element === over?.element) {
    return;
  }
  clearTimeout(dwell);
  over?.element.classList.remove('target');
  over = found;
  over?.element.classList.add('target');
  if (over?.inSwitch) {
    dwell = setTimeout(() => showStage(over.stage), DWELL_MS);
  }
}

const events = ['pointermove', 'touchmove'];

function watch(on) {
  events.forEach((name) => document[on ? 'addEventListener' : 'removeEventListener'](name, watchPointer, { passive: true }));
  board.classList.toggle('dragging', on);
  if (!on) {
    clearTimeout(dwell);
    over?.element.classList.remove('target');
  }
}

function start({ item }) {
  pressed = null;
  from = remember(item);
  what = isSelected(item) ? target() : only(item);
  what.cards.filter((card) => card !== item).forEach((card) => card.classList.add('along'));
  const ghost = Sortable.ghost;
  if (ghost && what.n > 1) {
    ghost.dataset.n = what.n.toLocaleString('en');
  }
  over = null;
  watch(true);
}

function end({ item, to, oldDraggableIndex, newDraggableIndex, from: source }) {
  const on = over?.stage;
  watch(false);
  what.cards.forEach((card) => card.classList.remove('along'));
  if (on) {
    putBack(from);
    moveTo(what, on);
  } else if (to !== source || oldDraggableIndex !== newDraggableIndex || what.n > 1) {
    const place = placeOf(item);
    moved(what, stageOf(item), place, gather(item, what, from));
  }
}

const settings = {
  group: 'cards',
  draggable: '.card',
  filter: '.card-menu',
  preventOnFilter: false,
  animation: 120,
  forceFallback: true,
  fallbackOnBody: true,
  fallbackTolerance: 5,
  fallbackClass: 'carried',
  ghostClass: 'ghost',
  delay: LONG_PRESS_MS,
  delayOnTouchOnly: true,
  touchStartThreshold: 8,
  scrollSensitivity: 70,
  scrollSpeed: 14,
  // Nothing is drawn anew under a card that somebody holds.
  onChoose({ item }) {
    hold();
    if (byTouch) {
      pressed = item;
      item.classList.add('pressed');
      navigator.vibrate?.(15);
    }
  },
  onUnchoose({ item }) {
    item.classList.remove('pressed');
    if (pressed === item) {
      toggle(item);
      swallowClick();
    }
    pressed = null;
    queueMicrotask(release); // after onEnd
  },
  onStart: start,
  onEnd: end,
};

// The finger that selected by a long press does not open the card as well.
function swallowClick() {
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener('click', swallow, true), 350);
}

// Lists become places to drag from and to when somebody is about to.
function prepare({ target: element, pointerType }) {
  byTouch = pointerType === 'touch';
  const card = element.closest?.('.card');
  if (Sortable && card) {
    card.animated = null; // Sortable does not take a card that has not come to rest; its link would be dragged
    for (const list of board.querySelectorAll('.cards')) {
      if (!Sortable.get(list)) {
        Sortable.create(list, settings);
      }
    }
  }
}

export async function startDrag(element) {
  board = element;
  board.addEventListener('pointerdown', prepare, true);
  board.addEventListener('contextmenu', (event) => {
    if (byTouch && event.target.closest('.card')) {
      event.preventDefault(); // a long press is ours
    }
  });
  Sortable = await sortable();
}
