// A large operation goes on in the background: a message with a bar says how far it is.
import { ask } from './live.js';
import { dismiss, toast } from './toast.js';
import { offerUndo } from './undo.js';

const AGAIN_MS = 700;

// What the operation's page says: { said, done, total, running, operation }.
async function look(address) {
  const answer = await fetch(address, { headers: { 'HX-Request': 'true' }, cache: 'no-store' });
  const part = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-operation]');
  return answer.ok && part ? part.dataset : null;
}

// address: of the operation, /operations/ID.
export async function follow(address) {
  const message = toast('Working on it…', { kind: 'progress', stay: true });
  const bar = Object.assign(document.createElement('progress'), { className: 'bar', ariaLabel: 'Progress' });
  message.querySelector('span').after(bar);
  for (let failures = 0; failures < 20;) {
    const state = await look(address).catch(() => null);
    failures = state ? 0 : failures + 1;
    if (state) {
      message.querySelector('span').textContent = state.said;
      if (state.total > 0) {
        bar.max = state.total;
        bar.value = state.done;
      }
      if (!state.running) {
        dismiss(message);
        ask();
        offerUndo({ dataset: state });
        return;
      }
    }
    await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
  }
  dismiss(message);
  toast('How far it is cannot be asked just now. It goes on by itself.', { kind: 'progress' });
}
