import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LinkState, type Message, MemoryStorage, type NodeClient, NodeError, Outbox } from '../src/index.ts';
import { TestNode, password, until } from './node.ts';

const failure = (x: Promise<unknown>) =>
  x.then(
    () => {
      throw new Error('this should have failed');
    },
    (problem: unknown) => problem as NodeError,
  );

describe('a client of a real node', () => {
  const node = new TestNode();
  let client: NodeClient;
  let conversation: string;

  beforeAll(async () => {
    await node.start();
    client = node.client();
    const registered = await until(() => client.call('one-core:register', { username: 'anna', password }, { wait: true }), 'registration');
    expect(registered.success).toBe(true);
    conversation = (await client.call('action:createConversation', { name: 'Notes' })).conversationId;
    await until(async () => (await client.call('query:getConversations', {})).conversations.length === 1, 'the conversation');
  });
  afterAll(async () => {
    client.stop();
    await node.remove();
  });

  it('answers calls with their types', async () => {
    const me = await client.call('one-core:getInstance', {});
    expect(me?.username).toBe('anna');
    expect(me?.publicPersonId).toMatch(/^[0-9a-f]{64}$/);
  });

  it('tells refusals by kind', async () => {
    const missing = await failure(client.call('query:getConversation', { conversationId: 'none' }));
    expect(missing).toBeInstanceOf(NodeError);
    expect(missing.kind).toBe('not-found');
    expect(missing.passing).toBe(false);
    expect((await failure(client.callAny('no:channel', {}))).kind).toBe('unknown-channel');
    expect((await failure(client.callAny('query:getMessages', {}))).kind).toBe('bad-parameter');
  });

  it('sends a batch in one frame, each call with an outcome of its own', async () => {
    const [users, missing, again] = await client.batch([
      { method: 'node:users', params: {} },
      { method: 'query:getConversation', params: { conversationId: 'none' } },
      { method: 'query:getMessages', params: { conversationId: conversation } },
    ]);
    expect(users.ok && users.result.users.map((x) => x.username)).toEqual(['anna']);
    expect(!missing.ok && missing.error.kind).toBe('not-found');
    expect(again.ok && again.result.more).toBe(false);
    expect(await client.batch([])).toEqual([]);
  });

  it('hears of messages', async () => {
    const heard: Message[] = [];
    const off = client.onNotification('update:messageReceived', (x) => heard.push(x.message));
    const { messageHash } = await client.call('action:sendMessage', { conversationId: conversation, text: 'hello' });
    await until(() => heard.some((x) => x.messageHash === messageHash && x.state !== 'on-this-device'), 'the notification');
    off();
  });

  it('gives up a call by its signal and by its deadline', async () => {
    const controller = new AbortController();
    const given_up = failure(client.call('query:getState', {}, { signal: controller.signal }));
    controller.abort();
    expect((await given_up).kind).toBe('cancelled');
    expect((await failure(client.call('query:getState', {}, { signal: controller.signal }))).kind).toBe('cancelled');
    expect((await failure(client.call('app:verify', {}, { deadline: 0 }))).kind).toBe('timeout');
    expect(await client.call('one-core:init', {})).toBe(true);
  });

  it('says when the node does not know the token', async () => {
    const stranger = node.client({ endpoint: () => ({ ...node.endpoint(), token: '0'.repeat(64) }) });
    await until(() => stranger.state.name === 'unauthorized', 'the refusal');
    expect((await failure(stranger.call('one-core:init', {}))).kind).toBe('disconnected');
    stranger.stop();
  });

  it('comes back to a node that was killed, and sends what waited, once', async () => {
    const states: LinkState['name'][] = [];
    const readiness: boolean[] = [];
    client.on('state', (x) => states.push(x.name));
    client.on('ready', (x) => readiness.push(x.again));
    const storage = new MemoryStorage();
    const outbox = new Outbox({ client, storage, prefix: 'outbox/' });
    const done: string[] = [];
    outbox.on('done', ({ entry }) => done.push((entry.params as { text: string }).text));
    outbox.resume();

    await node.end('SIGKILL');
    await until(() => client.state.name === 'waiting', 'the loss');
    expect((await failure(client.call('one-core:init', {}))).kind).toBe('disconnected');
    for (const text of ['first', 'second', 'third']) outbox.add('action:sendMessage', { conversationId: conversation, text });
    expect(outbox.entries().map((x) => (x.params as { text: string }).text)).toEqual(['first', 'second', 'third']);
    outbox.pause();

    await node.start();
    await until(() => readiness.length > 0, 'the new connection');
    expect(readiness).toEqual([true]);
    expect(states).toContain('waiting');
    expect(await client.call('one-core:getInstance', {})).toBeNull();
    expect((await failure(client.call('query:getContacts', {}))).kind).toBe('not-logged-in');

    expect((await client.call('one-core:login', { username: 'anna', password })).success).toBe(true);
    const later = new Outbox({ client, storage, prefix: 'outbox/' }); // as after a reload
    later.on('done', ({ entry }) => done.push((entry.params as { text: string }).text));
    later.resume();
    await until(() => later.entries().length === 0, 'the sending');
    expect(done).toEqual(['first', 'second', 'third']);
    const { messages } = await client.call('query:getMessages', { conversationId: conversation });
    expect(messages.map((x) => x.text)).toEqual(['hello', 'first', 'second', 'third']);
  });

  it('refuses a wrong password without an error', async () => {
    const answer = await client.call('one-core:login', { username: 'anna', password: 'wrong' });
    expect(answer.success).toBe(false);
    expect(answer.reason).toBe('wrong_secret');
  });
});
