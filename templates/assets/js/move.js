// Moves: shown at once, then asked of the server, which knows better. One after the other, so that each
// names the version the one before it made.
import { cardOf, idOf, nameOf, setCount, stageOf, stageName } from './cards.js';
import { receive, cursor } from './live.js';
import { say, toast } from './toast.js';

let queue = Promise.resolve();

const csrf = () => document.querySelector('input[name="csrf"]').value;

function count(stage, by) {
  const text = stage.querySelector('.stage-count').textContent.replace(/\D/g, '');
  setCount(stage, (Number(text) + by).toLocaleString('en'));
}

// Where a card is, to put it back.
export function remember(card) {
  return { list: card.parentElement, next: card.nextElementSibling, stage: stageOf(card) };
}

function putBack(card, from) {
  const next = from.next?.parentElement === from.list ? from.next : null;
  from.list.insertBefore(card, next);
}

async function ask(card, stage, where, from) {
  const id = idOf(card);
  try {
    const answer = await fetch(`/boards/${document.querySelector('main.board').dataset.board}/cards/${id}/move`, {
      method: 'POST',
      headers: { 'HX-Request': 'true' },
      body: new URLSearchParams({
        csrf: csrf(), stage: stage.dataset.stage, version: card.dataset.v, cursor: cursor(), ...where,
      }),
    });
    if (answer.status !== 200 && answer.status !== 409) {
      throw new Error(answer.status === 401 ? 'Your session has ended. Please sign in again.'
        : 'The card could not be moved and is back where it was. Reload the page and try again.');
    }
    if (answer.status === 409 && cardOf(id)) {
      putBack(card, from);
    }
    receive(await answer.text(), id);
    if (answer.ok) {
      say(`${nameOf(card)} moved to ${stageName(stage)}`);
    }
  } catch (error) {
    putBack(card, from);
    if (from.stage !== stage) {
      count(from.stage, 1);
      count(stage, -1);
    }
    toast(error instanceof TypeError
      ? 'No connection: the card is back where it was. Try again in a moment.' : error.message);
  } finally {
    card.classList.remove('waiting');
  }
}

// The card stands in its new place already. where: {after} or {before} a card's id, or nothing: the top.
export function move(card, stage, where, from) {
  card.classList.add('waiting');
  if (from.stage !== stage) {
    count(from.stage, -1);
    count(stage, 1);
  }
  queue = queue.then(() => ask(cardOf(idOf(card)) ?? card, stage, where, from));
  return queue;
}
