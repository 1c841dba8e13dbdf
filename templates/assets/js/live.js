// Live: the page hears over an event stream that something changed, and asks what. Without a stream it
// asks every few seconds. After sleep or a lost network it asks from where it was.
import { apply, idOf } from './cards.js';
import { requests } from './later.js';
import { isEnded, seen as seenNow, show, since } from './status.js';
import { mention, toast } from './toast.js';

const POLL_MS = 5000;
const STREAM_AGAIN_MS = 60000;
const HEARTBEAT_MS = 60000; // a stream can be dead without knowing; also keeps the cursor young
const HIDDEN_HEARTBEAT_MS = 10 * 60000;
const PATIENCE_MS = 10000;
const SLOW_MS = 3000;
const TICK_MS = 5000;
const SLEPT_MS = 20000; // more than that between two ticks: the machine slept
const NEWS_MS = 4000;

let board, query, seen, tag = '', stream = null, timer = null, asking = null, again = false;
let held = 0, later = [], news = [], newsTimer = null;
let posting = 0, aborter = null, behind = false; // behind: the page has not kept all that it was told

export const cursor = () => seen;
// How the board is looked at; in the drawer the page has another address.
export const pageQuery = () => query;

// While a card is carried the page under it stays as it is.
export function hold() {
  held++;
}
export function release() {
  held--;
  if (held === 0) {
    later.splice(0).forEach(([changes, own]) => use(changes, own));
  }
}

// Answers are used in the order in which they were asked for: while something is posted no question is
// under way. The answer to what is posted says what has changed as well.
export function beginPost() {
  posting++;
  aborter?.abort();
}
export function endPost() {
  posting--;
  if (posting === 0 && (again || behind)) {
    again = false;
    ask(true);
  }
}

// Under filters: how many cards pass them now.
function showFound(found) {
  const place = document.querySelector('.filters-found b');
  if (found && place) {
    place.textContent = found;
    document.querySelector('.found-nothing')?.toggleAttribute('hidden', Boolean(board.querySelector('.card')));
  }
}

// What an empty board says.
function forgetHint() {
  if (board.querySelector('.card')) {
    document.querySelector('.board-hint')?.remove();
  }
}

// While a card shows where it is to go, others can't be put beside it: then it is all asked for again, when
// that is settled.
function use(changes, own) {
  // In swimlanes a change may be one of lane, which only the page knows.
  if (changes.dataset.reload || (board.dataset.lanes && changes.querySelector('[data-change]'))) {
    redraw();
    return;
  }
  behind = [...board.querySelectorAll('.card.waiting')].some((card) => !own.includes(idOf(card)));
  apply(changes, own);
  forgetHint();
  showFound(changes.querySelector('[data-found]')?.textContent);
  if (behind) {
    tag = '';
  } else {
    seen = changes.dataset.cursor;
  }
}

// Shows a fragment of changes, at once or when nothing is carried any more, and answers it.
export function receive(text, own = []) {
  const changes = new DOMParser().parseFromString(text, 'text/html').querySelector('.changes');
  if (!changes) {
    return null;
  }
  const message = changes.querySelector('[data-message]');
  if (message) {
    toast(message.textContent);
  }
  if (held > 0) {
    later.push([changes, own]);
  } else {
    use(changes, own);
  }
  return changes;
}

const scrolled = (element) => [element.id, element.querySelector('.cards')?.scrollTop ?? 0];

// Another session has other tokens; another person, another page.
function takeOver(page) {
  const user = (from) => from.querySelector('.nav-user summary')?.title;
  if (user(page) !== user(document)) {
    location.reload();
  }
  const token = page.querySelector('input[name="csrf"]')?.value;
  for (const input of document.querySelectorAll('input[name="csrf"]')) {
    input.value = token ?? input.value;
  }
}

// Too much has changed: the stages are drawn anew; while somebody reads or writes in the drawer, afterwards.
async function redraw() {
  const drawer = document.querySelector('#drawer[open]');
  if (drawer) {
    drawer.addEventListener('close', redraw, { once: true });
    return;
  }
  const answer = await fetch(`/boards/${board.dataset.board}${query && `?${query}`}`, {
    headers: { 'HX-Request': 'true' }, // how it is looked at is not remembered by that
  }).catch(() => null);
  const page = new DOMParser().parseFromString((await answer?.text()) ?? '', 'text/html');
  const fresh = page.querySelector('main.board');
  if (!fresh) {
    if (answer) {
      location.reload(); // it is gone, or the session is: the page says which
    }
    return;
  }
  takeOver(page);
  const focused = document.activeElement.closest('.card')?.id;
  const places = [...board.querySelectorAll('.stage')].map(scrolled);
  const left = board.scrollLeft;
  board.replaceChildren(...fresh.children);
  document.querySelector('.stage-switch').replaceChildren(...page.querySelector('.stage-switch').children);
  forgetHint();
  showFound(page.querySelector('.filters-found b')?.textContent);
  board.scrollLeft = left;
  for (const [id, top] of places) {
    document.getElementById(id)?.querySelector('.cards')?.scrollTo(0, top);
  }
  seen = fresh.dataset.cursor;
  tag = '';
  requests().then((htmx) => htmx.process(board));
  document.dispatchEvent(new CustomEvent('board:drawn'));
  document.dispatchEvent(new CustomEvent('board:changed', { detail: ['The board was drawn anew'] }));
  if (focused) {
    document.getElementById(focused)?.querySelector('.card-name').focus({ preventScroll: true });
  }
  ask(true); // what happened while it was drawn
}

// Somebody may sign in again in another tab: it asks until then.
export function sessionEnded() {
  if (board && !isEnded()) {
    show('ended');
    poll(true);
  }
}

async function recovered() {
  connect();
  const answer = await fetch(`${location.pathname}${location.search}`).catch(() => null);
  takeOver(new DOMParser().parseFromString((await answer?.text()) ?? '', 'text/html'));
}

async function take(answer) {
  const ended = isEnded();
  const text = answer.status === 200 ? await answer.text() : '';
  let changed = 0;
  if (answer.status === 200) {
    tag = answer.headers.get('ETag') ?? '';
    changed = receive(text)?.querySelectorAll('[data-change]').length ?? 0;
  }
  seenNow(changed);
  if (ended) {
    await recovered();
  }
}

async function askOnce(fresh) {
  const slow = setTimeout(() => show('behind'), SLOW_MS);
  const mine = new AbortController();
  aborter = mine;
  const fields = new URLSearchParams(query);
  fields.set('since', seen);
  try {
    const answer = await fetch(`/boards/${board.dataset.board}/changes?${fields}`, {
      headers: { 'HX-Request': 'true', ...(fresh || !tag ? {} : { 'If-None-Match': tag }) },
      cache: 'no-store',
      signal: AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), mine.signal]),
    });
    if (mine.signal.aborted) {
      again = true;
    } else if (answer.status === 401 || answer.redirected) {
      sessionEnded();
    } else if (answer.status === 404) {
      location.reload(); // the board is gone: the page says so
    } else if (answer.ok || answer.status === 304) {
      await take(answer);
    } else {
      show('off');
    }
  } catch {
    if (mine.signal.aborted) {
      again = true;
    } else {
      show('off');
    }
  } finally {
    aborter = null;
    clearTimeout(slow);
  }
}

// One question at a time; what comes meanwhile is asked once more.
export function ask(fresh) {
  if (asking || posting > 0) {
    again = true;
    return;
  }
  asking = askOnce(fresh).finally(() => {
    asking = null;
    if (again && posting === 0) {
      again = false;
      ask();
    }
  });
}

function poll(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => document.hidden || ask(), POLL_MS) : null;
}

function connect() {
  stream?.close();
  const address = document.querySelector('.page').dataset.live;
  const mine = new EventSource(address);
  stream = mine;
  mine.onopen = () => {
    poll(false);
    ask();
  };
  mine.onmessage = () => ask();
  mine.onerror = () => {
    if (mine !== stream) {
      return;
    }
    poll(true);
    ask();
    if (mine.readyState === EventSource.CLOSED) {
      setTimeout(() => mine === stream && connect(), STREAM_AGAIN_MS);
    }
  };
}

// After sleep nobody knows whether the stream is still one.
function wake() {
  show('behind');
  connect();
  ask(true);
}

function watchClock() {
  let last = Date.now();
  setInterval(() => {
    const slept = Date.now() - last > SLEPT_MS;
    last = Date.now();
    if (slept && !document.hidden) {
      wake();
    } else if (since() > (document.hidden ? HIDDEN_HEARTBEAT_MS : HEARTBEAT_MS)) {
      ask(true);
    }
  }, TICK_MS);
}

// What others did is said in one sentence, when there is a pause.
function tellNews({ detail }) {
  news.push(...detail);
  newsTimer ??= news.length === 0 ? null : setTimeout(() => {
    mention(news.length === 1 ? news[0] : `${news.length} cards changed`);
    news = [];
    newsTimer = null;
  }, NEWS_MS);
}

export function startLive(element) {
  board = element;
  query = board.dataset.query;
  seen = board.dataset.cursor;
  document.addEventListener('board:changed', tellNews);
  if (!document.querySelector('.page').dataset.live) {
    return;
  }
  poll(true);
  connect();
  watchClock();
  addEventListener('online', wake);
  document.body.addEventListener('cards-changed', () => ask(true)); // something was done in the panel
  addEventListener('offline', () => {
    show('off');
    aborter?.abort(); // an answer that was on its way says nothing about now: it is asked again
  });
  addEventListener('pageshow', (event) => event.persisted && wake());
  document.addEventListener('resume', wake);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      since() > HEARTBEAT_MS ? wake() : ask();
    }
  });
}
