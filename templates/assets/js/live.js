// Live: the page hears over an event stream that something changed, and asks what. Without a stream it
// asks every few seconds. After sleep or a lost network it asks from where it was.
import htmx from 'htmx.org/dist/htmx.esm.js';
import { apply } from './cards.js';
import { toast } from './toast.js';

const POLL_MS = 5000;
const STREAM_AGAIN_MS = 60000;
const HEARTBEAT_MS = 10 * 60000; // keeps the cursor young while nothing happens

let board, seen, tag = '', asking = null, again = false, held = 0, later = [];

export const cursor = () => seen;

// While a card is carried the page under it stays as it is.
export function hold() {
  held++;
}
export function release() {
  held--;
  if (held === 0) {
    later.splice(0).forEach(([text, own]) => receive(text, own));
  }
}

const xid = (text) => Number(text.split('-')[0]);

export function receive(text, own) {
  if (held > 0) {
    later.push([text, own]);
    return;
  }
  const changes = new DOMParser().parseFromString(text, 'text/html').querySelector('.changes');
  if (!changes) {
    return;
  }
  const message = changes.querySelector('[data-message]');
  if (message) {
    toast(message.textContent);
  }
  if (changes.dataset.reload) {
    redraw();
    return;
  }
  apply(changes, own, Boolean(document.querySelector('.page').dataset.live));
  if (xid(changes.dataset.cursor) >= xid(seen)) {
    seen = changes.dataset.cursor;
  }
}

// Too much has changed: the stages are drawn anew; while somebody reads or writes in the drawer, afterwards.
async function redraw() {
  const drawer = document.querySelector('#drawer[open]');
  if (drawer) {
    drawer.addEventListener('close', redraw, { once: true });
    return;
  }
  const answer = await fetch(location.pathname + location.search).catch(() => null);
  const page = new DOMParser().parseFromString((await answer?.text()) ?? '', 'text/html');
  const fresh = page.querySelector('main.board');
  if (!fresh) {
    if (answer) {
      location.reload(); // it is gone, or the session is: the page says which
    }
    return;
  }
  board.replaceChildren(...fresh.children);
  document.querySelector('.stage-switch').replaceChildren(...page.querySelector('.stage-switch').children);
  document.querySelector('.board-hint')?.remove();
  seen = fresh.dataset.cursor;
  tag = '';
  htmx.process(board);
  document.dispatchEvent(new CustomEvent('board:drawn'));
}

function show(state, text) {
  const badge = document.getElementById('live');
  if (badge && badge.dataset.state !== state) {
    badge.dataset.state = state;
    badge.textContent = text;
  }
}

async function askOnce(fresh) {
  try {
    const answer = await fetch(`/boards/${board.dataset.board}/changes?since=${encodeURIComponent(seen)}`, {
      headers: fresh || !tag ? {} : { 'If-None-Match': tag },
      cache: 'no-store',
    });
    if (answer.redirected || answer.status === 401 || answer.status === 404) {
      location.reload(); // signed out, or the board is gone: the page says which
      return;
    }
    if (answer.status === 200) {
      tag = answer.headers.get('ETag') ?? '';
      document.querySelector('.board-hint')?.remove();
      receive(await answer.text());
    }
    show(answer.ok || answer.status === 304 ? 'on' : 'off', answer.ok || answer.status === 304 ? 'Live' : 'Offline');
  } catch {
    show('off', 'Offline');
  }
}

// One question at a time; what comes meanwhile is asked once more.
export function ask(fresh) {
  if (asking) {
    again = true;
    return;
  }
  asking = askOnce(fresh).finally(() => {
    asking = null;
    if (again) {
      again = false;
      ask();
    }
  });
}

function listen(address) {
  let timer = null;
  const poll = (on) => {
    clearInterval(timer);
    timer = on ? setInterval(() => document.hidden || ask(), POLL_MS) : null;
  };
  const connect = () => {
    const stream = new EventSource(address);
    stream.onopen = () => {
      poll(false);
      ask();
    };
    stream.onmessage = () => ask();
    stream.onerror = () => {
      poll(true);
      ask();
      if (stream.readyState === EventSource.CLOSED) {
        setTimeout(connect, STREAM_AGAIN_MS);
      }
    };
  };
  poll(true);
  connect();
}

export function startLive(element) {
  board = element;
  seen = board.dataset.cursor;
  const { live } = document.querySelector('.page').dataset;
  if (!live) {
    return;
  }
  listen(live);
  setInterval(() => ask(true), HEARTBEAT_MS);
  addEventListener('online', () => ask());
  addEventListener('offline', () => show('off', 'Offline'));
  addEventListener('pageshow', (event) => event.persisted && ask());
  document.addEventListener('visibilitychange', () => document.hidden || ask());
}
