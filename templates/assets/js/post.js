// Asks the server to change something on the board. One request after the other, so that each knows what
// the one before it did.
import { beginPost, cursor, endPost, pageQuery, receive, sessionEnded } from './live.js';

const PATIENCE_MS = 20000;

let queue = Promise.resolve();

export const boardId = () => document.querySelector('main.board').dataset.board;
const csrf = () => document.querySelector('input[name="csrf"]').value;

const wentWrong = {
  401: 'Your session has ended, so nothing was changed. Sign in and try again.',
  403: 'You may not do this.',
  404: 'This is no longer there.',
  429: 'Too many requests. Try again in a moment.',
};

// The sentence of an error page or fragment.
function sentence(text) {
  const page = new DOMParser().parseFromString(text, 'text/html');
  return page.querySelector('[data-message], [role="alert"] li, [role="alert"] p, .error')?.textContent.trim();
}

async function send(path, fields, own) {
  let answer;
  try {
    answer = await fetch(`${path}${pageQuery() && `?${pageQuery()}`}`, { // the answer is for what this page shows
      method: 'POST',
      headers: { 'HX-Request': 'true' },
      body: new URLSearchParams([['csrf', csrf()], ['cursor', cursor()], ...fields]),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    throw new Error(error.name === 'TimeoutError' ? 'No answer yet. The board shows what is stored once it is reached again.'
      : 'No connection: nothing was changed. Try again in a moment.');
  }
  if (answer.status === 401 || answer.redirected) {
    sessionEnded();
    throw new Error(wentWrong[401]);
  }
  const text = await answer.text();
  if (answer.status !== 200 && answer.status !== 409) {
    throw new Error((answer.status === 422 && sentence(text)) || wentWrong[answer.status]
      || 'That did not work. Reload the page and try again.');
  }
  return { ok: answer.ok, text, own };
}

// Sends it in its turn. before(answer): what to do just before the answer is shown. Answers
// { ok, changes }; not ok: somebody else was first. own: ids of the cards it is about.
export function post(path, fields, { own = [], before } = {}) {
  beginPost();
  const turn = queue.then(async () => {
    const answer = await send(path, typeof fields === 'function' ? fields() : fields, own);
    before?.(answer);
    return { ok: answer.ok, changes: receive(answer.text, own) };
  });
  queue = turn.catch(() => {}).finally(() => setTimeout(endPost)); // after what waits for it
  return turn;
}
