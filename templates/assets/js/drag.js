// Dragging by mouse, and by touch after a long press; a swipe scrolls.
import Sortable, { AutoScroll } from 'sortablejs/modular/sortable.core.esm.js';
import { idOf, stageOf } from './cards.js';
import { move, remember } from './move.js';
import { hold, release } from './live.js';

Sortable.mount(new AutoScroll());

const isCard = (element) => (element?.classList.contains('card') ? element : null);

function place(card) {
  const above = isCard(card.previousElementSibling);
  const below = isCard(card.nextElementSibling);
  return above ? { after: idOf(above) } : below ? { before: idOf(below) } : {};
}

export function startDrag(board) {
  let from = null;
  for (const list of board.querySelectorAll('.cards')) {
    Sortable.create(list, {
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
      delay: 220,
      delayOnTouchOnly: true,
      touchStartThreshold: 6,
      scrollSensitivity: 70,
      scrollSpeed: 14,
      onStart({ item }) {
        from = remember(item);
        hold();
      },
      onEnd({ item, to, oldDraggableIndex, newDraggableIndex, from: source }) {
        release();
        if (to !== source || oldDraggableIndex !== newDraggableIndex) {
          move(item, stageOf(item), place(item), from);
        }
      },
    });
  }
}
