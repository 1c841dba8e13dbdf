// One thing out of many, by typing: the dialog #chooser, a combobox over a listbox.
const MOST = 100;

let dialog, input, list, hint, options = [], shown = [], at = 0, free = null, settle = null;

function optionElement(option, i) {
  const item = document.createElement('li');
  item.className = 'option';
  item.id = `option-${i}`;
  item.role = 'option';
  item.ariaSelected = 'false';
  const text = Object.assign(document.createElement('span'), { className: 'clip', textContent: option.text });
  item.append(text);
  for (const [name, className] of [['note', 'muted'], ['mark', 'on']]) {
    if (option[name]) {
      item.append(Object.assign(document.createElement('span'), { className, textContent: option[name] }));
    }
  }
  if (option.key !== undefined) {
    const key = Object.assign(document.createElement('kbd'), { textContent: option.key });
    key.ariaHidden = 'true';
    item.append(key);
  }
  return item;
}

function activate(i) {
  list.children[at]?.setAttribute('aria-selected', 'false');
  at = Math.max(0, Math.min(i, shown.length - 1));
  const item = list.children[at];
  if (item) {
    item.ariaSelected = 'true';
    item.scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', item.id);
  } else {
    input.removeAttribute('aria-activedescendant');
  }
}

const plain = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

// Those that begin with it come first.
function matching(typed) {
  const wanted = plain(typed);
  const rank = ({ text }) => {
    const found = plain(text).indexOf(wanted);
    return found <= 0 ? found : /\s/.test(text[found - 1]) ? 1 : 2;
  };
  return options.map((option) => [rank(option), option]).filter(([found]) => found >= 0)
    .sort(([a], [b]) => (wanted ? a - b : 0)).map(([, option]) => option);
}

function draw() {
  const typed = input.value.trim();
  shown = matching(typed).slice(0, MOST);
  const extra = free && typed && !shown.some(({ text }) => plain(text) === plain(typed)) && free(typed);
  if (extra) {
    shown.push(extra);
  }
  list.replaceChildren(...shown.map(optionElement));
  hint.textContent = shown.length > 0 ? '' : options.length > 0 ? `Nothing is called “${typed}”.` : dialog.dataset.empty;
  activate(0);
}

function finish(option) {
  const done = settle;
  settle = null;
  dialog.close();
  done?.(option ?? null);
}

function onKey(event) {
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 };
  const byKey = input.value === '' && shown.find(({ key }) => String(key) === event.key);
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (event.key in steps) {
    activate(steps[event.key]);
  } else if (byKey) {
    finish(byKey);
  } else if (event.key === 'Enter') {
    if (shown[at]) {
      finish(shown[at]);
    }
  } else {
    return;
  }
  event.preventDefault();
}

function prepare() {
  dialog = document.getElementById('chooser');
  input = dialog.querySelector('input');
  list = dialog.querySelector('ul');
  hint = dialog.querySelector('.hint');
  input.addEventListener('input', draw);
  dialog.addEventListener('keydown', onKey);
  dialog.addEventListener('close', () => finish(null));
  dialog.addEventListener('click', (event) => {
    const item = event.target.closest('.option');
    if (item) {
      finish(shown[[...list.children].indexOf(item)]);
    } else if (event.target === dialog) {
      finish(null);
    }
  });
  list.addEventListener('pointermove', (event) => {
    const item = event.target.closest('.option');
    if (item && item.ariaSelected !== 'true') {
      activate([...list.children].indexOf(item));
    }
  });
}

// Answers the chosen option, or null. An option: { text, value, note, mark, key (picks it at once) }.
// choices: options, or a promise of them. create(typed): an option for what is not there yet.
// empty: what to say when there is nothing to choose from.
export function choose({ title, placeholder, choices, create = null, empty = 'There is nothing to choose from.' }) {
  if (!dialog) {
    prepare();
  }
  dialog.querySelector('h2').textContent = title;
  dialog.dataset.empty = empty;
  input.value = '';
  input.placeholder = placeholder;
  free = create;
  options = Array.isArray(choices) ? choices : [];
  dialog.showModal();
  draw();
  if (!Array.isArray(choices)) {
    hint.textContent = 'Loading…';
    choices.then((loaded) => {
      options = loaded;
      draw();
    }).catch(() => {
      hint.textContent = 'That could not be loaded. Close this and try again.';
    });
  }
  return new Promise((resolve) => { settle = resolve; });
}
