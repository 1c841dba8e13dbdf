// Writing notes: "@an" offers colleagues in a list under the text; the server knows who is meant, with or
// without it. Ctrl+Enter sends. A note that somebody else changed meanwhile comes back with both.
const PEOPLE = '/mentions/people';
const TYPED = /(?:^|[^\p{L}\p{N}_.@+-])@([\p{L}\p{N}_.+-]{0,40}(?: [\p{L}\p{N}_.+-]{0,40})?)$/u;

let box, field = null, asked = 0;

const options = () => [...box.children];
const current = () => box.querySelector('[aria-selected="true"]');

function close() {
  asked++;
  if (box && !box.hidden) {
    box.hidden = true;
    box.replaceChildren();
    field?.removeAttribute('aria-activedescendant');
    field?.removeAttribute('aria-controls');
  }
}

function choose(option) {
  current()?.setAttribute('aria-selected', 'false');
  option.setAttribute('aria-selected', 'true');
  option.scrollIntoView({ block: 'nearest' });
  field.setAttribute('aria-activedescendant', option.id);
}

// What stands between the '@' before the cursor and the cursor; null: no name is being typed.
const typed = () => TYPED.exec(field.value.slice(0, field.selectionStart))?.[1] ?? null;

function take(option) {
  const end = field.selectionStart;
  const start = end - typed().length - 1;
  field.setRangeText(`${option.dataset.word} `, start, end, 'end');
  close();
  field.focus();
}

function open(html) {
  const list = document.createElement('template');
  list.innerHTML = html;
  box.replaceChildren(...list.content.querySelectorAll('li'));
  box.hidden = !box.firstChild;
  if (box.hidden) {
    field.removeAttribute('aria-activedescendant');
    return;
  }
  field.after(box);
  field.setAttribute('aria-controls', box.id);
  choose(box.firstElementChild);
}

async function offer() {
  const start = typed();
  const turn = ++asked;
  if (start === null) {
    close();
    return;
  }
  const answer = await fetch(`${PEOPLE}?q=${encodeURIComponent(start)}`, { headers: { 'HX-Request': 'true' } })
    .catch(() => null);
  const text = answer?.ok ? await answer.text() : '';
  if (turn === asked && field.isConnected) {
    open(text);
  }
}

function onKey(event) {
  const all = box.hidden ? [] : options();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.target.form.requestSubmit();
  } else if (all.length === 0) {
    return;
  } else if (step) {
    choose(all[(all.indexOf(current()) + step + all.length) % all.length]);
  } else if (event.key === 'Enter' || event.key === 'Tab') {
    take(current());
  } else if (event.key === 'Escape') {
    close();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

function makeBox() {
  box = document.createElement('ul');
  box.className = 'mention-list';
  box.id = 'mention-list';
  box.hidden = true;
  box.setAttribute('role', 'listbox');
  box.setAttribute('aria-label', 'Colleagues');
  box.addEventListener('mousedown', (event) => { // before the text loses the focus
    const option = event.target.closest('[role="option"]');
    if (option) {
      event.preventDefault();
      take(option);
    }
  });
}

const isField = (target) => target instanceof HTMLTextAreaElement && 'mentions' in target.dataset;

export function watchNotes() {
  makeBox();
  document.addEventListener('input', ({ target }) => {
    if (isField(target)) {
      field = target;
      field.setAttribute('aria-autocomplete', 'list');
      offer();
    }
  });
  document.addEventListener('keydown', (event) => isField(event.target) && onKey(event), true);
  document.addEventListener('focusout', ({ target }) => target === field && close());
  // Somebody else was first: not an error, but a form with both versions.
  document.addEventListener('htmx:beforeSwap', ({ detail }) => {
    if (detail.xhr.status === 409 && detail.xhr.getResponseHeader('HX-Retarget')?.startsWith('#note-')) {
      detail.shouldSwap = true;
      detail.isError = false;
    }
  });
}
