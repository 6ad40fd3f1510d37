import type { Message } from '@lama/ipc-client';

/** The loaded part of one conversation: its newest messages, without a gap, oldest first. */
export interface Thread {
  messages: Message[];
  /** A page has come; before that, messages are those that happened to arrive. */
  loaded: boolean;
  /** There are older ones. */
  more: boolean;
  loading: 'newest' | 'older' | null;
  failed: string | null;
  /** What the first message is counted as: falls as older ones come in front, so that a list keeps its place. */
  first: number;
}

/** Room for as many older messages as will ever be. */
export const first_number = 1_000_000_000;

export const empty_thread: Thread = { messages: [], loaded: false, more: false, loading: null, failed: null, first: first_number };

const states = ['on-this-device', 'in-archive', 'delivered'];

/** States only go forward: an answer that was asked for before an event came may be older than it. */
function newer_of(a: Message, b: Message): Message {
  const state = states.indexOf(a.state) > states.indexOf(b.state) ? a.state : b.state;
  return { ...(changed_at(a) > changed_at(b) ? a : b), state };
}

const changed_at = (x: Message) => x.deleted ?? x.edited ?? '';

const before = (a: Message, b: Message) => a.time < b.time || (a.time === b.time && a.messageHash < b.messageHash);

/** A message that arrived, or one that is known and has changed. */
export function with_message(thread: Thread, message: Message): Thread {
  const { messages } = thread;
  for (let i = messages.length - 1; i >= 0 && messages[i]!.time >= message.time; i--) {
    if (messages[i]!.messageHash !== message.messageHash) continue;
    const next = messages.slice();
    next[i] = newer_of(messages[i]!, message);
    return { ...thread, messages: next };
  }
  let at = messages.length;
  while (at > 0 && before(message, messages[at - 1]!)) at--;
  // Older than all that is loaded: it comes with its page.
  if (at === 0 && messages.length > 0 && thread.more) return thread;
  return { ...thread, messages: [...messages.slice(0, at), message, ...messages.slice(at)], first: at === 0 && messages.length > 0 ? thread.first - 1 : thread.first };
}

/** A message came further on its way; `posted_as`: it has another name from now on. */
export function with_state(thread: Thread, hash: string, state: Message['state'], posted_as?: string): Thread {
  const found = thread.messages.find((x) => x.messageHash === hash);
  if (!found) return thread;
  const name = posted_as ?? hash;
  const others = name === hash ? thread : { ...thread, messages: thread.messages.filter((x) => x !== found) };
  return with_message(others, { ...found, messageHash: name, state: states.indexOf(state) > states.indexOf(found.state) ? state : found.state });
}

/** A page from the node: the newest messages, or older ones than the first that is known. */
export function with_page(thread: Thread, page: Message[], more: boolean, place: 'newest' | 'older'): Thread {
  const known = new Map(thread.messages.map((x) => [x.messageHash, x]));
  if (place === 'newest') {
    const oldest = page[0];
    // Where the page's oldest message is unknown, others between it and what is known may be missing: begin anew with the page and what is newer.
    const joined = thread.loaded && (!more || oldest === undefined || known.has(oldest.messageHash));
    const start: Thread = joined ? thread : { ...empty_thread, messages: page, more };
    const newer = joined ? page : thread.messages.filter((x) => oldest === undefined || x.time > oldest.time);
    return { ...newer.reduce(with_message, start), loaded: true, loading: null, failed: null };
  }
  const fresh = page.filter((x) => !known.has(x.messageHash));
  const messages = [...fresh, ...thread.messages];
  return { messages, loaded: true, more, loading: null, failed: null, first: thread.first - fresh.length };
}
