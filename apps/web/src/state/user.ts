import type { Contact, Conversation, Message, OutboxEntry } from '@lama/ipc-client';
import { words_of } from '../lib/failure.ts';
import { on_kept } from '../lib/kept.ts';
import { go_to } from '../lib/route.ts';
import { t } from '../strings.ts';
import { preferences } from './preferences.ts';
import { type Instance, app, client, current_outbox, notify, outbox_of, speak } from './app.ts';
import { type Thread, empty_thread, with_message, with_page, with_state } from './threads.ts';

/** The data of the user who is logged in, kept current by what the node tells. */

const page_size = 100;
/** Of the largest page that the node gives. */
const large_page = 1_000;
/** So far back a message is looked for to be shown in its place. */
const most_loaded = 20_000;

const open_now = new Set<string>();
/** Those of them whose newest messages are before somebody's eyes. */
const read_now = new Set<string>();

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
    client.onNotification('update:messageReceived', ({ conversationId, message }) => received(conversationId, message)),
    client.onNotification('update:messageChanged', ({ conversationId, message }) => {
      const known = app.get().threads[conversationId];
      if (known) put_thread(conversationId, with_message(known, message));
      if (message.deleted) speak(''); // it may be what was read aloud last
      void load_conversations(); // its newest message may be this one
    }),
    client.onNotification('update:messageState', (x) => came_further(x.messageHash, x.state, x.postedAs, x.reason)),
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
  app.set({ phase: 'ready', locked: false, farewell: null });
  await Promise.all([load_conversations(), load_contacts(), load_queue(), load_connections(), client.subscribe()]);
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
  }
  current_outbox()?.resume();
}

export async function leave_user(): Promise<void> {
  for (const stop of off) stop();
  off = [];
  current_outbox()?.pause();
  client.forgetSequence();
  app.set({ me: null, conversations: null, contacts: null, threads: {}, online: {}, archive_connections: null, queue: [], waiting: [], refused: {}, target: null, unread: {}, locked: false });
}

function drop_thread(id: string): void {
  app.set(({ threads: { [id]: _, ...threads } }) => ({ threads }));
}

// --- lists ---

async function load_conversations(): Promise<void> {
  const answer = await client.call('query:getConversations', {}).catch(() => null);
  if (!answer) return;
  const unread: Record<string, number> = {};
  for (const x of answer.conversations) {
    unread[x.conversationId] = read_now.has(x.conversationId) ? 0 : x.unread;
    if (x.unread > 0 && read_now.has(x.conversationId)) tell_read(x.conversationId);
  }
  app.set(({ contacts }) => ({ conversations: named(answer.conversations, contacts), unread }));
}

async function load_contacts(): Promise<void> {
  const answer = await client.call('query:getContacts', {}).catch(() => null);
  if (answer) app.set(({ conversations }) => ({ contacts: answer.contacts, conversations: conversations && named(conversations, answer.contacts) }));
}

/** A name that was just given to a contact is in the archive first; the conversations of this device bear it a little later. */
function named(conversations: Conversation[], contacts: Contact[] | null): Conversation[] {
  const names = new Map(contacts?.map((x) => [x.personId, x.name]));
  return conversations.map((x) => {
    const participants = x.participants.map((p) => ({ ...p, name: (!p.me && names.get(p.personId)) || p.name }));
    const other = x.kind === 'direct' ? participants.find((p) => !p.me) : undefined;
    return { ...x, participants, title: other?.name ?? x.title };
  });
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

export async function load_older(id: string, size = page_size): Promise<void> {
  const thread = thread_of(id);
  const oldest = thread.messages[0];
  if (thread.loading || !thread.more || !oldest) return;
  put_thread(id, { ...thread, loading: 'older', failed: null });
  try {
    // Several messages can bear one time: that very time is asked for again, and what is known left out.
    const again = new Date(Date.parse(oldest.time) + 1).toISOString();
    let page = await client.call('query:getMessages', { conversationId: id, limit: size, before: again });
    const known = new Set(thread.messages.slice(0, size).map((x) => x.messageHash));
    if (page.more && page.messages.every((x) => known.has(x.messageHash)))
      page = await client.call('query:getMessages', { conversationId: id, limit: size, before: oldest.time });
    const now = thread_of(id);
    // Begun anew meanwhile: this page is older than what is shown now, with others between.
    const joined = now.messages.some((x) => x.messageHash === oldest.messageHash);
    put_thread(id, joined ? with_page(now, page.messages, page.more, 'older') : { ...now, loading: null });
  } catch (problem) {
    put_thread(id, { ...thread_of(id), loading: null, failed: words_of(problem) });
  }
}

/** Until the message of that time is among what is loaded. False: it is too far back. */
export async function load_back_to(id: string, time: string): Promise<boolean> {
  while (thread_of(id).more && (thread_of(id).messages[0]?.time ?? time) > time) {
    const before = thread_of(id).messages.length;
    if (before >= most_loaded) return false;
    await load_older(id, large_page);
    if (thread_of(id).messages.length === before) return false;
  }
  return true;
}

function came_further(hash: string, state: Message['state'] | 'refused', posted_as: string | undefined, reason: string | undefined): void {
  if (state === 'refused') return app.set((x) => ({ refused: { ...x.refused, [hash]: reason ?? '' } }));
  for (const [id, thread] of Object.entries(app.get().threads)) {
    const next = with_state(thread, hash, state, posted_as);
    if (next !== thread) put_thread(id, next);
  }
}

function received(id: string, message: Message): void {
  const known = app.get().threads[id];
  const fresh = !known?.messages.some((x) => x.messageHash === message.messageHash);
  if (known) put_thread(id, with_message(known, message));
  touch(id, message);
  if (!fresh || message.me) return;
  if (open_now.has(id) && !document.hidden && preferences.get().announce) speak(t.chat.said(message.senderName, message.text));
  if (read_now.has(id)) tell_read(id);
  else app.set((x) => ({ unread: { ...x.unread, [id]: (x.unread[id] ?? 0) + 1 } }));
}

/** The list shows it before the node has said so. */
function touch(id: string, message: Message): void {
  app.set(({ conversations }) => {
    const found = conversations?.find((x) => x.conversationId === id);
    if (!conversations || !found || (found.lastTime ?? '') > message.time) return {};
    const { lastDeleted: _, ...rest } = found;
    const next: Conversation = { ...rest, lastText: message.text, lastTime: message.time };
    return { conversations: [next, ...conversations.filter((x) => x !== found)] };
  });
}

// --- what was read ---

/** Whether the newest messages of a conversation are before somebody's eyes. */
export function mark_read(id: string, reads: boolean): void {
  if (!reads) return void read_now.delete(id);
  read_now.add(id);
  if (!app.get().unread[id]) return;
  app.set((x) => ({ unread: { ...x.unread, [id]: 0 } }));
  tell_read(id);
}

/** All devices of the user learn it. Where it cannot be told now, the next message or the next look at the conversation does. */
function tell_read(conversationId: string): void {
  const newest = thread_of(conversationId).messages.at(-1);
  if (newest) void client.call('action:markRead', { conversationId, messageHash: newest.messageHash }).catch(() => undefined);
}

/** While a conversation is on the screen. */
export function open_conversation(id: string): () => void {
  open_now.add(id);
  if (!thread_of(id).loaded) void load_newest(id);
  return () => {
    open_now.delete(id);
    read_now.delete(id);
  };
}

// --- sending ---

export interface SentAttachment {
  blob: string;
  name: string;
  type: string;
}

export function send(conversationId: string, text: string, attachments: SentAttachment[]): void {
  // The node writes one message for each id, however often it is asked.
  current_outbox()?.add('action:sendMessage', { conversationId, text, requestId: new_request(), ...(attachments.length ? { attachments } : {}) });
}

const new_request = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;

export function edit(conversationId: string, messageHash: string, text: string): void {
  current_outbox()?.add('action:editMessage', { conversationId, messageHash, text, requestId: new_request() });
}

export function delete_message(conversationId: string, messageHash: string): void {
  current_outbox()?.add('action:deleteMessage', { conversationId, messageHash, requestId: new_request() });
}

/** What waits to be changed of a message. */
export function change_of(waiting: OutboxEntry[], messageHash: string): OutboxEntry | undefined {
  return waiting.findLast((x) => is_change(x) && (x.params as { messageHash: string }).messageHash === messageHash);
}

export const is_change = (x: OutboxEntry) => x.method === 'action:editMessage' || x.method === 'action:deleteMessage';

/** The node has it: it is shown as a message of the conversation at once. */
function show_sent(entry: OutboxEntry, result: unknown): void {
  if (is_change(entry)) {
    const { message } = result as { message: Message };
    const known = app.get().threads[message.conversationId];
    if (known) put_thread(message.conversationId, with_message(known, message));
    void load_conversations();
    return;
  }
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

/** How the user calls a contact. */
export async function rename_contact(personId: string, name: string): Promise<void> {
  await client.call('action:renameContact', { personId, name });
  await Promise.all([load_contacts(), load_conversations()]);
}
