// What was done can be undone: by the button of its message, or u.
import { boardId, post } from './post.js';
import { toast } from './toast.js';

let last = null;

export async function undo(operation = last) {
  last = null;
  try {
    const { ok, changes } = await post(operation ? `/operations/${operation}/undo` : '/operations/undo-last',
      [['board', boardId()]]);
    if (ok) {
      toast(changes?.dataset.said || 'Undone.', { kind: 'undo' });
    }
  } catch (error) {
    toast(error.message, { kind: 'undo' });
  }
}

// After an answer: its message, with the button.
export function offerUndo(changes) {
  const { operation, said } = changes?.dataset ?? {};
  if (!operation) {
    return false;
  }
  last = operation;
  toast(said, { kind: 'undo', action: { text: 'Undo', key: 'u', run: () => undo(operation) } });
  return true;
}
