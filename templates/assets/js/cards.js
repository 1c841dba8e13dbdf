// Cards on the page: where they are, and putting them where the server says.
export const cardOf = (id) => document.getElementById(`c${id}`);
export const idOf = (card) => card.id.slice(1);
export const nameOf = (card) => card.querySelector('.card-name')?.textContent ?? '';
// In swimlanes a stage is its name above a list of cards in each lane.
const listsOf = (stage) => [...document.querySelectorAll(`.cards[data-stage="${stage.dataset.stage}"]`)];
export const stageOf = (element) => element.closest('.stage')
  ?? document.getElementById(`s${element.closest('.cards')?.dataset.stage}`);
export const listOf = (stage, { lane } = {}) => listsOf(stage).find((list) => list.dataset.lane === lane)
  ?? listsOf(stage)[0];
export const laneOf = (card) => ({ lane: card.closest('.cards').dataset.lane });
export const stages = (board) => [...board.querySelectorAll('.stage')];
export const cardsIn = (stage, only) => (only ? [listOf(stage, only)] : listsOf(stage))
  .flatMap((list) => [...list.querySelectorAll('.card')]);
export const stageName = (stage) => stage.querySelector('h2').textContent;
export const countOf = (stage) => Number(stage.querySelector('.stage-count').textContent.replace(/\D/g, ''));

export function setCount(stage, text) {
  stage.querySelector('.stage-count').textContent = text;
  stage.classList.toggle('over', Number(text.replaceAll(',', '')) > Number(stage.dataset.limit ?? Infinity));
  const link = document.querySelector(`.stage-switch a[href="#${stage.id}"] .number`);
  if (link) {
    link.textContent = text;
  }
}

// Where a card is, to put it back.
export function remember(card) {
  return { card, list: card.parentElement, next: card.nextElementSibling, stage: stageOf(card) };
}

export function putBack({ card, list, next }) {
  list.insertBefore(card, next?.parentElement === list ? next : null);
}

export function focusCard(card) {
  card.querySelector('.card-name').focus({ preventScroll: true });
  card.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

// Behind `previous` (an id, '0' for none). False when that card is not on the page: then the place is
// among the cards that are not shown yet.
function putAfter(card, stage, previous) {
  const list = listOf(stage);
  const before = previous === '0' ? null : cardOf(previous);
  if (previous === '0') {
    list.prepend(card);
  } else if (before && before.parentElement === list) {
    before.after(card);
  } else if (!list.querySelector('.more')) {
    const last = cardsIn(stage).filter((other) => other !== card).at(-1);
    last ? last.after(card) : list.prepend(card);
  } else {
    return false;
  }
  return true;
}

// Replaces the card by its new drawing; keeps the focus, and shows what moved. Answers what happened to it.
function draw(change, byOthers) {
  const old = cardOf(change.dataset.change);
  const stage = document.getElementById(`s${change.dataset.stage}`);
  const card = change.querySelector('.card');
  const focused = old?.contains(document.activeElement);
  const moved = !old || stageOf(old) !== stage;
  old?.remove();
  if (!stage || !putAfter(card, stage, change.dataset.previous)) {
    return old ? 'left the page' : null;
  }
  if (moved && byOthers) {
    card.classList.add('changed');
    card.addEventListener('animationend', () => card.classList.remove('changed'), { once: true });
  }
  if (focused) {
    card.querySelector('.card-name').focus({ preventScroll: true });
  }
  const happened = !old ? 'is new in' : moved ? 'moved to' : 'changed in';
  return `${happened} ${stageName(stage)}`;
}

// Applies what /changes (or an operation) answered. own: ids of the cards that this page has just changed;
// other cards whose change is still under way are left alone. Tells 'board:changed' what others did: [sentence].
export function apply(changes, own) {
  for (const count of changes.querySelectorAll('b[data-stage]')) {
    const stage = document.getElementById(`s${count.dataset.stage}`);
    if (stage) {
      setCount(stage, count.textContent);
    }
  }
  const mine = new Set(own);
  const wanted = ({ dataset: { change } }) => mine.has(change) || !cardOf(change)?.classList.contains('waiting');
  const waiting = new Map([...changes.querySelectorAll('[data-change]')].filter(wanted)
    .map((change) => [change.dataset.change, change]));
  const news = [];
  const place = (change) => {
    const { change: id, stage, previous } = change.dataset;
    const byOthers = !mine.has(id);
    waiting.delete(id);
    const old = cardOf(id);
    const name = nameOf(change.querySelector('.card') ?? old ?? change);
    let happened = old ? 'was removed' : null;
    if (stage) {
      if (waiting.has(previous)) {
        place(waiting.get(previous)); // neighbours from the top down
      }
      happened = draw(change, byOthers);
    } else {
      old?.remove();
    }
    if (happened && byOthers) {
      news.push(`${name} ${happened}`);
    }
  };
  while (waiting.size > 0) {
    place(waiting.values().next().value);
  }
  document.dispatchEvent(new CustomEvent('board:changed', { detail: news }));
}
