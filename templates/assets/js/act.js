// What is done to cards: shown at once where that can be known, then asked of the server, which knows
// better. what: see target() in select.js.
import { cardOf, cardsIn, countOf, focusCard, idOf, laneOf, listOf, nameOf, putBack, remember, setCount, stageName,
  stageOf } from './cards.js';
import { boardId, post } from './post.js';
import { follow } from './progress.js';
import { clearSelection, countWords, only } from './select.js';
import { say, toast } from './toast.js';
import { offerUndo } from './undo.js';

export const nameThem = (what) => (what.n === 1 && what.cards[0] ? nameOf(what.cards[0]) : countWords(what.n));

function count(stage, by) {
  setCount(stage, (countOf(stage) + by).toLocaleString('en'));
}

// What can't be asked now is not shown as if it were done.
function refuseOffline() {
  if (!navigator.onLine) {
    toast('You are offline, so nothing was changed. It works again as soon as the connection is back.', { kind: 'failed' });
  }
  return !navigator.onLine;
}

function settled({ ok, changes }, said) {
  if (changes?.dataset.progress) {
    follow(changes.dataset.progress);
  } else if (ok && !offerUndo(changes)) {
    say(said);
  }
}

const mark = (cards, on) => cards.forEach((card) => cardOf(idOf(card))?.classList.toggle('waiting', on));

// Asks it of the server. back(): how to take back what is shown already, when it did not come about.
async function ask(path, fields, cards, said, back) {
  const own = cards.map(idOf);
  let answered = false;
  mark(cards, true);
  try {
    settled(await post(path, fields, {
      own,
      before: ({ ok }) => {
        answered = true;
        if (!ok) {
          back?.();
        }
        mark(cards, false);
      },
    }), said);
    return true;
  } catch (error) {
    if (!answered) {
      back?.(true);
    }
    toast(error.message, { kind: 'failed' });
    return false;
  } finally {
    mark(cards, false);
    cards.forEach((card) => card.classList.remove('waiting'));
  }
}

// A drop into another swimlane: of an owner, it gives the cards to them; of a tag, which is the first of those
// that a card has, it can't mean anything. Answers whether it was one: '', 'done' or 'refused'.
function intoLane(what, from) {
  const { lanes } = document.querySelector('main.board').dataset;
  if (!lanes || from.length === 0) {
    return '';
  }
  const [{ card, list }] = from;
  const { lane } = card.closest('.cards').dataset;
  if (lane === list.dataset.lane) {
    return '';
  }
  if (lanes !== 'owner') {
    toast('A card stands in the lane of its first tag. Press t to change its tags.', { kind: 'failed' });
    return 'refused';
  }
  const name = card.closest('.lane').querySelector('h2').textContent;
  setOwner(what, lane === 'none' ? '0' : lane, name);
  return 'done';
}

// The cards stand in their new place already; from: where each was. where: {after} or {before} a card's id,
// or nothing: the top.
export function moved(what, stage, where, from) {
  const away = from.filter((place) => place.stage !== stage);
  const shift = (by) => away.forEach((place) => {
    count(place.stage, -by);
    count(stage, by);
  });
  const back = (counts) => {
    from.filter(({ card }) => card.isConnected).reverse().forEach(putBack);
    if (counts) {
      shift(-1);
    }
  };
  if (refuseOffline()) {
    back();
    return Promise.resolve(false);
  }
  const lane = intoLane(what, from);
  if (lane && away.length === 0) {
    if (lane === 'refused') {
      back();
    }
    return Promise.resolve(lane !== 'refused');
  }
  shift(1);
  const said = `${nameThem(what)} moved to ${stageName(stage)}`;
  const place = Object.entries(where);
  if (what.n === 1 && !lane) { // after a change of owner the page does not know the card's version yet
    const [{ card }] = from;
    return ask(`/boards/${boardId()}/cards/${idOf(card)}/move`, () => [['stage', stage.dataset.stage],
      ['version', (cardOf(idOf(card)) ?? card).dataset.v], ...place], [card], said, back);
  }
  return ask(`/boards/${boardId()}/cards/apply`, [['do', 'move'], ['to', stage.dataset.stage], ...place, ...what.fields],
    what.cards, said, back);
}

// The next card of its stage that stays there, or the one before it.
function neighbour(card, going) {
  const all = cardsIn(stageOf(card));
  const stays = (other) => !going.includes(other);
  const at = all.indexOf(card);
  return all.slice(at).find(stays) ?? all.slice(0, at).findLast(stays);
}

// To the top of a stage.
export function moveTo(wanted, stage) {
  // Somebody may have changed the cards while the stage was chosen.
  const what = { ...wanted, cards: wanted.cards.map((card) => cardOf(idOf(card))).filter(Boolean) };
  const cards = what.cards.filter((card) => stageOf(card) !== stage);
  if (!stage || (cards.length === 0 && !what.whole) || what.whole === stage.dataset.stage) {
    say(stage ? `${nameThem(what)} ${what.n === 1 ? 'is' : 'are'} in ${stageName(stage)} already` : 'There is no such stage');
    return;
  }
  const focused = what.cards.find((card) => card.contains(document.activeElement));
  const from = cards.map(remember);
  if (!refuseOffline()) {
    const beside = focused && neighbour(focused, cards);
    [...cards].reverse().forEach((card) => listOf(stage, laneOf(card)).prepend(card));
    if (focused) {
      focusCard(focused.checkVisibility() ? focused : beside ?? focused); // a folded stage shows no cards
    }
    moved(what, stage, {}, from);
  }
}

export function moveBeside(card, step) {
  const stage = stageOf(card);
  const cards = cardsIn(stage);
  const other = cards[cards.indexOf(card) + step];
  if (stage.dataset.sorted) {
    say(`${stageName(stage)} is sorted; sort it by hand to order its cards`);
  } else if (other) {
    const from = [remember(card)];
    other[step < 0 ? 'before' : 'after'](card);
    focusCard(card);
    moved(only(card), stage, { [step < 0 ? 'before' : 'after']: idOf(other) }, from);
  }
}

function apply(what, fields, said) {
  if (!refuseOffline()) {
    ask(`/boards/${boardId()}/cards/apply`, [...fields, ...what.fields], what.cards, said);
  }
}

export function setOwner(what, owner, name) {
  apply(what, [['do', 'owner'], ['owner', owner]],
    owner === '0' ? `${nameThem(what)}: no owner` : `${nameThem(what)}: ${name} is the owner`);
}

// tag: { id } or { name } of a new one.
export function setTag(what, { id, name }, on) {
  apply(what, [['do', on ? 'tag' : 'untag'], id ? ['tag', id] : ['new_tag', name]],
    `${name} ${on ? 'added to' : 'taken off'} ${nameThem(what)}`);
}

export function remove(what) {
  const dialog = document.getElementById('remove');
  dialog.querySelector('h2').textContent = `Remove ${nameThem(what)} from this board?`;
  dialog.querySelector('[name="exclude"]').checked = false;
  dialog.returnValue = '';
  dialog.addEventListener('close', () => {
    if (dialog.returnValue === 'remove') {
      const exclude = dialog.querySelector('[name="exclude"]').checked ? [['exclude', '1']] : [];
      apply(what, [['do', 'remove'], ...exclude], `${nameThem(what)} removed`);
      clearSelection(true);
    }
  }, { once: true });
  dialog.showModal();
}
