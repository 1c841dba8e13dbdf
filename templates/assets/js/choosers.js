// The three questions asked about cards: which stage, whose, which tag.
import { moveTo, nameThem, setOwner, setTag } from './act.js';
import { countOf, stageName, stageOf, stages } from './cards.js';
import { choose } from './chooser.js';

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

// The members, as the avatars in the header have them.
function members() {
  const found = [...document.querySelectorAll('[data-member]')]
    .map(({ dataset }) => ({ id: dataset.member, text: dataset.name, note: dataset.me ? 'you' : '' }));
  return [{ id: '0', text: 'Nobody', key: 0 }, ...found.map((one, i) => ({ ...one, key: i < 9 ? i + 1 : undefined }))];
}

export async function chooseOwner(what) {
  const chosen = await choose({ title: `Owner of ${nameThem(what)}`, placeholder: 'Name of a colleague', choices: members() });
  if (chosen) {
    setOwner(what, chosen.id, chosen.text);
  }
}

// The dataset's tags, and how many of the cards have each.
async function tags(what) {
  const answer = await fetch(`/tags?${new URLSearchParams(what.cards.slice(0, 200).map((card) => ['card', card.id.slice(1)]))}`,
    { headers: { 'HX-Request': 'true' } });
  if (!answer.ok) {
    throw new Error('no tags');
  }
  const part = new DOMParser().parseFromString(await answer.text(), 'text/html');
  return [...part.querySelectorAll('[data-tag]')].map(({ dataset }) => {
    const on = Number(dataset.on ?? 0);
    return { id: dataset.tag, text: dataset.name, on: on === what.n,
      mark: on === 0 ? '' : on === what.n ? '✓' : `✓ ${on} of ${what.n}` };
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
