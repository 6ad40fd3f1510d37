import type { Conversation, Message, OutboxEntry } from '@lama/ipc-client';
import { words_of } from '../lib/failure.ts';
import { kept, keep, on_kept } from '../lib/kept.ts';
import { go_to } from '../lib/route.ts';
import { t } from '../strings.ts';
import { preferences } from './preferences.ts';
import { type Instance, app, client, current_outbox, notify, outbox_of, speak } from './app.ts';
import { type Thread, empty_thread, with_message, with_page } from './threads.ts';

/** The data of the user who is logged in, kept current by what the node tells. */

const page_size = 100;
/** What a badge can say. */
export const most_unread = 99;

interface Marks {
  [conversationId: string]: string; // the time of the newest message that was shown
}

const marks_key = () => `read.${app.get().me?.username ?? ''}`;
const open_now = new Set<string>();

export function thread_of(id: string): Thread {
  return app.get().threads[id] ?? empty_thread;
}

function put_thread(id: string, thread: Thread): void {
  app.set((x) => ({ threads: { ...x.threads, [id]: thread } }));
}

// --- who ---

let off: (() => void)[] = [];

export async function use_user(me: Instance): Promise<void> {
  await leave_user();
  app.set({ me });
  const outbox = outbox_of(me.username, already_there);
  const refresh = () => app.set({ waiting: outbox.entries() });
  off = [
    outbox.on('changed', refresh),
    outbox.on('done', ({ entry, result }) => show_sent(entry, result)),
    on_kept('outbox.', refresh),
    on_kept('read.', () => void count_unread()),
    client.onNotification('update:messageReceived', ({ conversationId, message }) => received(conversationId, message)),
    client.onNotification('update:stateChanged', ({ changed }) => {
      if (changed.includes('conversations')) {
        void load_conversations();
        look_again();
      }
      if (changed.includes('contacts')) void load_contacts();
      if (changed.includes('queue')) void load_queue();
      if (changed.includes('connections')) void load_connections();
    }),
    client.onNotification('update:contactOnline', ({ personId, online }) => {
      app.set((x) => ({ online: { ...x.online, [personId]: online } }));
      void load_connections();
    }),
    client.onNotification('update:queueFinished', ({ method, error }) => {
      const what = t.queue.methods[method] ?? method;
      notify(error ? t.queue.failed(what, error.message) : t.queue.done(what));
      void load_queue();
    }),
  ];
  refresh();
  app.set({ phase: 'ready', locked: false });
  await Promise.all([load_conversations(), load_contacts(), load_queue(), load_connections(), client.subscribe()]);
  await count_unread();
  outbox.resume();
}

/** Connected again. `complete`: no event was missed. */
export async function resume_user(complete: boolean): Promise<void> {
  if (!complete) {
    await client.subscribe();
    await Promise.all([load_conversations(), load_contacts(), load_queue(), load_connections()]);
    for (const id of Object.keys(app.get().threads)) {
      if (open_now.has(id)) await load_newest(id);
      else drop_thread(id); // asked for anew when it is opened
    }
    await count_unread();
  }
  current_outbox()?.resume();
}

export async function leave_user(): Promise<void> {
  for (const stop of off) stop();
  off = [];
  current_outbox()?.pause();
  client.forgetSequence();
  app.set({ me: null, conversations: null, contacts: null, threads: {}, online: {}, archive_connections: null, queue: [], waiting: [], unread: {}, locked: false });
}

function drop_thread(id: string): void {
  app.set(({ threads: { [id]: _, ...threads } }) => ({ threads }));
}

// --- lists ---

async function load_conversations(): Promise<void> {
  const answer = await client.call('query:getConversations', {}).catch(() => null);
  if (answer) app.set({ conversations: answer.conversations });
}

async function load_contacts(): Promise<void> {
  const answer = await client.call('query:getContacts', {}).catch(() => null);
  if (answer) app.set({ contacts: answer.contacts });
}

let looking: ReturnType<typeof setTimeout> | undefined;
/** When many messages come at once the node tells only the newest of them: what is on the screen is asked for again. */
function look_again(): void {
  clearTimeout(looking);
  looking = setTimeout(() => {
    for (const id of open_now) void load_newest(id);
  }, 500);
}

export async function load_queue(): Promise<void> {
  const answer = await client.call('queue:list', {}).catch(() => null);
  app.set({ queue: answer?.entries ?? [] });
}

/** Friends are connected to the archive, not to this device. */
export async function load_connections(): Promise<void> {
  const answer = await client.call('one-core:network:status', { side: 'archive' }).catch(() => null);
  if (!answer) return app.set({ archive_connections: null, online: {} });
  const online: Record<string, boolean> = {};
  for (const x of answer.connections) if (x.personId && x.group === 'chum') online[x.personId] = online[x.personId] || x.status === 'established';
  app.set({ archive_connections: answer.connections, online });
}

// --- messages ---

export async function load_newest(id: string): Promise<void> {
  if (thread_of(id).loading === 'newest') return;
  // A thread that is shown already is looked at again without saying so.
  if (!thread_of(id).loaded) put_thread(id, { ...thread_of(id), loading: 'newest', failed: null });
  try {
    const page = await client.call('query:getMessages', { conversationId: id, limit: page_size });
    const { loading } = thread_of(id);
    put_thread(id, { ...with_page(thread_of(id), page.messages, page.more, 'newest'), loading: loading === 'older' ? loading : null });
  } catch (problem) {
    if (!thread_of(id).loaded) put_thread(id, { ...thread_of(id), loading: null, failed: words_of(problem) });
  }
}

export async function load_older(id: string): Promise<void> {
  const thread = thread_of(id);
  const oldest = thread.messages[0];
  if (thread.loading || !thread.more || !oldest) return;
  put_thread(id, { ...thread, loading: 'older', failed: null });
  try {
    // Several messages can bear one time: that very time is asked for again, and what is known left out.
    const again = new Date(Date.parse(oldest.time) + 1).toISOString();
    let page = await client.call('query:getMessages', { conversationId: id, limit: page_size, before: again });
    const known = new Set(thread.messages.slice(0, page_size).map((x) => x.messageHash));
    if (page.more && page.messages.every((x) => known.has(x.messageHash)))
      page = await client.call('query:getMessages', { conversationId: id, limit: page_size, before: oldest.time });
    const now = thread_of(id);
    // Begun anew meanwhile: this page is older than what is shown now, with others between.
    const joined = now.messages.some((x) => x.messageHash === oldest.messageHash);
    put_thread(id, joined ? with_page(now, page.messages, page.more, 'older') : { ...now, loading: null });
  } catch (problem) {
    put_thread(id, { ...thread_of(id), loading: null, failed: words_of(problem) });
  }
}

function received(id: string, message: Message): void {
  const known = app.get().threads[id];
  const fresh = !known?.messages.some((x) => x.messageHash === message.messageHash);
  if (known) put_thread(id, with_message(known, message));
  touch(id, message);
  if (!fresh || message.me) return;
  if (open_now.has(id) && !document.hidden) {
    if (preferences.get().announce) speak(t.chat.said(message.senderName, message.text));
  } else if (message.time > (kept<Marks>(marks_key(), {})[id] ?? '')) {
    app.set((x) => ({ unread: { ...x.unread, [id]: (x.unread[id] ?? 0) + 1 } }));
  }
}

/** The list shows it before the node has said so. */
function touch(id: string, message: Message): void {
  app.set(({ conversations }) => {
    const found = conversations?.find((x) => x.conversationId === id);
    if (!conversations || !found || (found.lastTime ?? '') > message.time) return {};
    const next: Conversation = { ...found, lastText: message.text, lastTime: message.time };
    return { conversations: [next, ...conversations.filter((x) => x !== found)] };
  });
}

// --- what was read ---

async function count_unread(): Promise<void> {
  const { conversations } = app.get();
  if (!conversations) return;
  const none: Marks | null = null;
  let marks = kept<Marks | null>(marks_key(), none);
  if (marks === null) {
    // A browser that has never seen this user: it begins with everything read.
    marks = Object.fromEntries(conversations.flatMap((x) => (x.lastTime ? [[x.conversationId, x.lastTime]] : [])));
    keep(marks_key(), marks);
  }
  const known = marks;
  const news = conversations.filter((x) => (x.lastTime ?? '') > (known[x.conversationId] ?? '')).slice(0, 50);
  const answers = await client
    .batch(news.map((x) => ({ method: 'query:getMessages' as const, params: { conversationId: x.conversationId, limit: most_unread + 1 } })))
    .catch(() => []);
  const unread: Record<string, number> = {};
  answers.forEach((answer, i) => {
    const id = news[i]!.conversationId;
    if (answer.ok) unread[id] = answer.result.messages.filter((m) => !m.me && m.time > (known[id] ?? '')).length;
  });
  app.set({ unread });
}

export function mark_read(id: string): void {
  const newest = thread_of(id).messages.at(-1);
  if (!newest) return;
  const marks = kept<Marks>(marks_key(), {});
  if ((marks[id] ?? '') < newest.time) keep(marks_key(), { ...marks, [id]: newest.time });
  if (app.get().unread[id]) app.set((x) => ({ unread: { ...x.unread, [id]: 0 } }));
}

/** While a conversation is on the screen. */
export function open_conversation(id: string): () => void {
  open_now.add(id);
  if (!thread_of(id).loaded) void load_newest(id);
  return () => open_now.delete(id);
}

// --- sending ---

export interface SentAttachment {
  blob: string;
  name: string;
  type: string;
}

export function send(conversationId: string, text: string, attachments: SentAttachment[]): void {
  // The node writes one message for each id, however often it is asked.
  const requestId = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
  current_outbox()?.add('action:sendMessage', { conversationId, text, requestId, ...(attachments.length ? { attachments } : {}) });
}

/** The node has it: it is shown as a message of the conversation at once. */
function show_sent(entry: OutboxEntry, result: unknown): void {
  const { me } = app.get();
  const sent = entry.params as { conversationId: string; text: string };
  const hash = (result as { messageHash?: string } | null)?.messageHash;
  if (entry.method !== 'action:sendMessage' || !me || !hash) return;
  const known = app.get().threads[sent.conversationId];
  if (known?.messages.some((x) => x.messageHash === hash)) return;
  // The node alone knows the exact shape (sizes of attachments, its time): ask for the newest few.
  void client.call('query:getMessages', { conversationId: sent.conversationId, limit: 20 }).then(
    ({ messages }) => {
      for (const message of messages) {
        const thread = app.get().threads[sent.conversationId];
        if (thread) put_thread(sent.conversationId, with_message(thread, message));
        if (message.messageHash === hash) touch(sent.conversationId, message);
      }
    },
    () => undefined,
  );
}

/** Whether the node has carried out a sending whose answer was lost: then its text stands among the newest of mine. */
async function already_there(entry: OutboxEntry): Promise<unknown> {
  if (entry.method !== 'action:sendMessage') return undefined;
  const sent = entry.params as { conversationId: string; text: string; attachments?: SentAttachment[] };
  const { messages } = await client.call('query:getMessages', { conversationId: sent.conversationId, limit: page_size });
  const blobs = (sent.attachments ?? []).map((x) => x.blob).join();
  // Where browser and node have different clocks, a message twice is better than none.
  const since = new Date(entry.sentAt ?? entry.addedAt).toISOString();
  const found = messages.find((m) => m.me && m.text === sent.text && m.time >= since && (m.attachments ?? []).map((x) => x.blob).join() === blobs);
  return found ? { messageHash: found.messageHash } : undefined;
}

// --- conversations ---

export async function start_conversation(name: string, participants: string[]): Promise<string> {
  const { conversationId, conversation } = await client.call('action:createConversation', {
    ...(name ? { name } : {}),
    ...(participants.length ? { participants } : {}),
  });
  const known = conversation;
  if (known) app.set(({ conversations }) => ({ conversations: [known, ...(conversations ?? []).filter((x) => x.conversationId !== conversationId)] }));
  return conversationId;
}

/** The chat with one person: the one there is, or a new one. */
export async function chat_with(personId: string): Promise<void> {
  const found = app.get().conversations?.find((x) => x.kind === 'direct' && x.participants.some((p) => p.personId === personId && !p.me));
  go_to('chats', found?.conversationId ?? (await start_conversation('', [personId])));
}
