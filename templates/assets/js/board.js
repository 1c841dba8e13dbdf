// The board: what is on the page, and the parts that change it.
import { startDrag } from './drag.js';
import { startDrawer } from './drawer.js';
import { startKeys } from './keys.js';
import { startLive } from './live.js';
import { startSwitch } from './switch.js';

export function startBoard() {
  const board = document.querySelector('main.board');
  if (!board) {
    return;
  }
  startDrag(board);
  document.addEventListener('board:drawn', () => startDrag(board));
  startDrawer(board);
  startKeys(board);
  startLive(board);
  startSwitch(board);
  // Somebody who comes from a link to a card sees it.
  const target = location.hash.startsWith('#c') && document.querySelector(location.hash);
  if (target) {
    target.scrollIntoView({ block: 'center', inline: 'center' });
    target.querySelector('.card-name').focus({ preventScroll: true });
  }
}
