import type { Message } from '@lama/ipc-client';
import { describe, expect, it } from 'vitest';
import { type Thread, empty_thread, first_number, with_message, with_page, with_state } from './threads.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const message = (name: string, second: number, state: Message['state'] = 'in-archive'): Message => ({
  messageHash: name,
  conversationId: 'c',
  time: at(second),
  sender: 's',
  senderName: 'S',
  me: false,
  text: name,
  state,
});
const names = (x: Thread) => x.messages.map((m) => m.messageHash).join('');

describe('a thread', () => {
  it('keeps messages in the order of their time, whatever the order they come in', () => {
    const thread = [message('b', 2), message('d', 4), message('a', 1), message('c', 3)].reduce(with_message, empty_thread);
    expect(names(thread)).toBe('abcd');
  });

  it('holds each message once', () => {
    const thread = [message('a', 1), message('b', 1), message('a', 1)].reduce(with_message, empty_thread);
    expect(names(thread)).toBe('ab');
  });

  it('never takes a state back', () => {
    const thread = [message('a', 1, 'on-this-device'), message('a', 1, 'in-archive'), message('a', 1, 'on-this-device')].reduce(with_message, empty_thread);
    expect(thread.messages[0]?.state).toBe('in-archive');
    expect(with_message(thread, message('a', 1, 'delivered')).messages[0]?.state).toBe('delivered');
  });

  it('counts down as older messages come in front, so that the list stays where it is', () => {
    const thread = with_page(empty_thread, [message('d', 4), message('e', 5)], true, 'newest');
    expect(thread.first).toBe(first_number);
    const older = with_page(thread, [message('b', 2), message('c', 3), message('d', 4)], true, 'older');
    expect(names(older)).toBe('bcde');
    expect(older.first).toBe(first_number - 2);
    expect(older.more).toBe(true);
  });

  it('takes in what came while it was away', () => {
    const thread = with_page(empty_thread, [message('a', 1), message('b', 2)], true, 'newest');
    expect(names(with_page(thread, [message('b', 2), message('c', 3)], true, 'newest'))).toBe('abc');
    expect(with_page(thread, [message('b', 2), message('c', 3)], false, 'newest').more).toBe(true);
  });

  it('begins anew where messages between are missing', () => {
    const thread = with_page(empty_thread, [message('a', 1), message('b', 2)], false, 'newest');
    const next = with_page(thread, [message('y', 58), message('z', 59)], true, 'newest');
    expect(names(next)).toBe('yz');
    expect(next.more).toBe(true);
  });

  it('trusts the first page about what is older, whatever arrived before it', () => {
    const thread = with_message(empty_thread, message('e', 5));
    const next = with_page(thread, [message('c', 3), message('d', 4)], true, 'newest');
    expect(names(next)).toBe('cde');
    expect(next.more).toBe(true);
  });

  it('leaves no gap where more came than was told', () => {
    const thread = with_message(with_page(empty_thread, [message('a', 1), message('b', 2)], true, 'newest'), message('z', 59));
    const next = with_page(thread, [message('x', 57), message('y', 58), message('z', 59)], true, 'newest');
    expect(names(next)).toBe('xyz');
    expect(next.more).toBe(true);
  });

  it('leaves a message that is older than what is loaded to its page', () => {
    const thread = with_page(empty_thread, [message('d', 4)], true, 'newest');
    expect(names(with_message(thread, message('a', 1)))).toBe('d');
    expect(names(with_message({ ...thread, more: false }, message('a', 1)))).toBe('ad');
  });

  it('shows a message as it was changed last, whichever answer comes last', () => {
    const edited = { ...message('a', 1, 'in-archive'), text: 'new', edited: at(9) };
    const thread = [edited, message('a', 1, 'delivered')].reduce(with_message, empty_thread);
    expect(thread.messages[0]).toEqual({ ...edited, state: 'delivered' });
    const gone = { ...message('a', 1), text: '', edited: at(9), deleted: at(10) };
    expect([gone, edited].reduce(with_message, thread).messages[0]?.deleted).toBe(at(10));
  });

  it('lets a message come further on its way, also under a new name', () => {
    const thread = [message('a', 1, 'on-this-device'), message('b', 2, 'on-this-device')].reduce(with_message, empty_thread);
    const posted = with_state(thread, 'a', 'in-archive', 'c');
    expect(names(posted)).toBe('cb');
    expect(posted.messages[0]?.state).toBe('in-archive');
    // The message of the new name has come by itself before.
    expect(names(with_state(with_message(thread, message('c', 1)), 'a', 'in-archive', 'c'))).toBe('cb');
    expect(with_state(posted, 'unknown', 'delivered')).toBe(posted);
  });
});
