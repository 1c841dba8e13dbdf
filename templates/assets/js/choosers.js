// The three questions asked about cards: which stage, whose, which tag.
import { moveTo, nameThem, setOwner, setTag } from './act.js';
import { countOf, idOf, stageName, stageOf, stages } from './cards.js';
import { choose } from './chooser.js';
import { boardId } from './post.js';

const ASKED = 200; // cards that an address has room for

export async function chooseStage(board, what) {
  const here = new Set(what.cards.map(stageOf));
  const choices = stages(board).map((stage, i) => ({
    stage, text: stageName(stage), note: countOf(stage).toLocaleString('en'), key: i < 9 ? i + 1 : undefined,
    mark: here.size === 1 && here.has(stage) ? 'is here' : '',
  }));
  const chosen = await choose({ title: `Move ${nameThem(what)} to`, placeholder: 'Stage, or its number', choices });
  if (chosen) {
    moveTo(what, chosen.stage);
  }
}

// What the page that does the same without script offers, or another page about these cards.
async function ask(path, what) {
  const cards = what.whole ? [['all', what.whole]] : what.cards.slice(0, ASKED).map((card) => ['card', idOf(card)]);
  const answer = await fetch(`${path}?${new URLSearchParams(cards)}`, { headers: { 'HX-Request': 'true' } });
  if (!answer.ok) {
    throw new Error(`${path}: ${answer.status}`);
  }
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

async function members(what) {
  const page = await ask(`/boards/${boardId()}/cards/apply`, what);
  return [...page.querySelectorAll('select[name="owner"] option')].map((option, i) => ({
    id: option.value, text: option.textContent, key: i < 10 ? i : undefined, // the first is nobody
  }));
}

export async function chooseOwner(what) {
  const chosen = await choose({ title: `Owner of ${nameThem(what)}`, placeholder: 'Name of a colleague', choices: members(what) });
  if (chosen) {
    setOwner(what, chosen.id, chosen.text);
  }
}

// The dataset's tags, and how many of the cards have each.
async function tags(what) {
  const part = await ask('/tags', what);
  return [...part.querySelectorAll('[data-tag]')].map(({ dataset }) => {
    const on = Number(dataset.on ?? 0);
    const asked = Math.min(what.cards.length, ASKED);
    return { id: dataset.tag, text: dataset.name, on: on === asked,
      mark: on === 0 ? '' : on === asked ? '✓' : `✓ ${on} of ${asked}` };
  });
}

export async function chooseTag(what) {
  const chosen = await choose({
    title: `Tag ${nameThem(what)}`, placeholder: 'Tag, or a new one', choices: tags(what),
    create: (name) => ({ name, text: `New tag “${name}”` }), empty: 'There are no tags yet. Type a name to make one.',
  });
  if (chosen) {
    setTag(what, chosen.id ? { id: chosen.id, name: chosen.text } : { name: chosen.name }, !chosen.on);
  }
}
