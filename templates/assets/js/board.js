// The board: what is on the page, and the parts that change it.
import { startCarry } from './carry.js';
import { startDrag } from './drag.js';
import { startDrawer } from './drawer.js';
import { startFold } from './fold.js';
import { startKeys } from './keys.js';
import { startLive } from './live.js';
import { startMore } from './more.js';
import { startSelect } from './select.js';
import { startSwitch } from './switch.js';

export function startBoard() {
  const board = document.querySelector('main.board');
  if (!board) {
    return;
  }
  startSelect(board); // before the drawer: a click with Ctrl selects
  startDrag(board);
  startDrawer(board);
  startCarry(board);
  startFold(board);
  startKeys(board);
  startLive(board);
  startSwitch(board);
  startMore(board);
  // Somebody who comes from a link to a card sees it.
  const target = location.hash.startsWith('#c') && document.querySelector(location.hash);
  if (target) {
    target.scrollIntoView({ block: 'center', inline: 'center' });
    target.querySelector('.card-name').focus({ preventScroll: true });
  }
}
