// Folding a stage away shows at once and is remembered in the background.
import { cardsIn, stageName } from './cards.js';
import { say, toast } from './toast.js';

async function remember(form, folded) {
  const answer = await fetch(form.action, {
    method: 'POST',
    redirect: 'manual', // to the board, which is here
    body: new URLSearchParams({ csrf: form.elements.csrf.value, folded: folded ? '1' : '0' }),
  }).catch(() => null);
  if (!answer || (answer.type !== 'opaqueredirect' && !answer.ok)) {
    toast('No connection: this is not remembered for the next time.', { kind: 'failed' });
  }
}

export function fold(stage, folded) {
  stage.classList.toggle('folded', folded);
  stage.querySelectorAll('details[open]').forEach((menu) => { menu.open = false; });
}

export function startFold(board) {
  board.addEventListener('submit', (event) => {
    const form = event.target.closest('form[action$="/fold"]');
    const stage = form?.closest('.stage');
    if (!stage || board.dataset.lanes) {
      return; // in swimlanes the page is drawn anew
    }
    event.preventDefault();
    const folded = event.submitter?.value === '1';
    fold(stage, folded);
    remember(form, folded);
    say(folded ? `${stageName(stage)} folded` : `${stageName(stage)} unfolded, ${cardsIn(stage).length} cards shown`);
    stage.querySelector(folded ? '.unfold button' : '.stage-head summary').focus({ preventScroll: true });
  });
}
