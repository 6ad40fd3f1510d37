import { BrowserStorage, type Connection, type Contact, type Conversation, type LinkState, NodeClient, Outbox, type OutboxEntry, type QueuedCall, type Result } from '@lama/ipc-client';
import { Store } from '../lib/store.ts';
import { prefix } from '../lib/kept.ts';
import type { Thread } from './threads.ts';

export type Instance = NonNullable<Result<'one-core:getInstance'>>;
export type NodeStatus = Result<'node:status'>;
export type NodeUser = Result<'node:users'>['users'][number];

/** All that is shown, but for what a single view keeps to itself. */
export interface App {
  phase: 'starting' | 'no-session' | 'signed-out' | 'ready';
  link: LinkState;
  /** The node was started again while somebody was logged in: the data stays on the screen, and nothing can be asked before a login. */
  locked: boolean;
  users: NodeUser[];
  me: Instance | null;
  conversations: Conversation[] | null;
  contacts: Contact[] | null;
  threads: Record<string, Thread>;
  /** Persons whose node is connected to the archive (true), or was (false). */
  online: Record<string, boolean>;
  /** Of the archive; null: not known. */
  archive_connections: Connection[] | null;
  /** Calls that the device keeps for the archive. */
  queue: QueuedCall[];
  /** What this browser keeps until the node takes it, of this user. */
  waiting: OutboxEntry[];
  /** Why the archive did not post a message of one's own, by its hash. */
  refused: Record<string, string>;
  /** The message that a conversation is to be opened at: what a search found. */
  target: { conversationId: string; messageHash: string; time: string } | null;
  /** Messages of others that the user has not seen yet, by conversation. */
  unread: Record<string, number>;
  status: NodeStatus | null;
  /** Why nobody is logged in any more: said until somebody is. */
  farewell: string | null;
  /** Said once by screen readers, and shown for a while. */
  notice: { text: string; number: number } | null;
  /** For screen readers alone. */
  spoken: string;
}

export const app = new Store<App>({
  phase: 'starting',
  link: { name: 'stopped' },
  locked: false,
  users: [],
  me: null,
  conversations: null,
  contacts: null,
  threads: {},
  online: {},
  archive_connections: null,
  queue: [],
  waiting: [],
  refused: {},
  target: null,
  unread: {},
  status: null,
  farewell: null,
  notice: null,
  spoken: '',
});

export const client = new NodeClient({ endpoint: () => ({ url: window.location.origin }) });

let outbox: Outbox | null = null;
let outbox_user = '';
export const outbox_storage = new BrowserStorage();

/** The calls of this user that wait for the node. */
export function outbox_of(username: string, carriedOut: (entry: OutboxEntry) => Promise<unknown>): Outbox {
  if (outbox && outbox_user === username) return outbox;
  outbox?.pause();
  outbox_user = username;
  outbox = new Outbox({
    client,
    storage: outbox_storage,
    prefix: `${prefix}outbox.${username}.`,
    carriedOut,
    exclusively: async (name, work) => {
      if ('locks' in navigator) await navigator.locks.request(name, work);
      else await work();
    },
  });
  return outbox;
}

export const current_outbox = () => outbox;

let notices = 0;
export function notify(text: string): void {
  const number = ++notices;
  app.set({ notice: { text, number } });
  setTimeout(() => {
    if (app.get().notice?.number === number) app.set({ notice: null });
  }, 6_000);
}

export function speak(text: string): void {
  app.set({ spoken: text });
}
