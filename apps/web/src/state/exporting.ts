import { NodeError, type Params, type Result } from '@lama/ipc-client';
import { words_of } from '../lib/failure.ts';
import { Store } from '../lib/store.ts';
import { t } from '../strings.ts';
import { app, client, notify } from './app.ts';

/** The export that goes on, or the last one: it outlives the view that began it. */
export interface Export {
  running: boolean;
  /** In messages; null: the node has not said yet. */
  progress: { done: number; all: number } | null;
  result: Result<'app:export'> | null;
  problem: { text: string; of_name: boolean } | null;
}

const none: Export = { running: false, progress: null, result: null, problem: null };
export const exporting = new Store<Export>(none);

/** Reads all of large chats. */
const deadline = 2 * 60 * 60_000;

export async function export_chats(params: Params<'app:export'>): Promise<void> {
  if (exporting.get().running) return;
  const who = app.get().me?.username;
  exporting.set({ ...none, running: true });
  const off = client.onNotification('update:progress', ({ what, progress, total }) => {
    if (what === 'app:export') exporting.set({ progress: { done: progress, all: Math.max(total, progress) } });
  });
  const end = (x: Partial<Export>) => {
    off();
    if (app.get().me?.username !== who) return exporting.set(none);
    exporting.set({ ...none, ...x });
  };
  try {
    end({ result: await client.call('app:export', params, { deadline }) });
    notify(t.exporting.finished);
  } catch (problem) {
    end({ problem: in_words(problem) });
  }
}

function in_words(problem: unknown): Export['problem'] {
  const code = problem instanceof NodeError ? problem.kind : '';
  if (code === 'conflict') return { text: t.exporting.exists, of_name: true };
  if (code === 'disconnected') return { text: t.exporting.lost, of_name: false };
  return { text: words_of(problem), of_name: false };
}

/** The next user does not see it. */
app.watch(
  ((last) => () => {
    const now = app.get().me?.username;
    if (now !== last && !exporting.get().running) exporting.set(none);
    last = now;
  })(app.get().me?.username),
);
