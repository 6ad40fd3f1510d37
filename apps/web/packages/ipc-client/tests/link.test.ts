import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Message, MemoryStorage, NodeClient, Outbox, type OutboxEntry } from '../src/index.ts';
import { FakeSocket } from './fake_socket.ts';

const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function make_client(status = 503): NodeClient {
  return new NodeClient({
    endpoint: () => ({ url: 'http://127.0.0.1:1', token: 'secret' }),
    WebSocket: FakeSocket,
    fetch: async () => new Response('', { status }),
    random: () => 0.5,
    first_wait: 100,
    longest_wait: 1_000,
    quiet: 10_000,
  });
}

async function connected(client: NodeClient): Promise<FakeSocket> {
  client.start();
  await settle();
  const socket = FakeSocket.all.at(-1)!;
  socket.accept();
  socket.answer('one-core:init', true);
  await settle();
  return socket;
}

beforeEach(() => {
  FakeSocket.all = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe('the link', () => {
  it('shows the token as a subprotocol, never in the address', async () => {
    const client = make_client();
    client.start();
    await settle();
    expect(FakeSocket.all[0]!.url).toBe('ws://127.0.0.1:1/ipc');
    expect(FakeSocket.all[0]!.protocols).toEqual(['lama.ipc.v1', 'bearer.secret']);
    client.stop();
  });

  it('waits twice as long after each failure, up to a limit, and briefly again once it worked', async () => {
    const client = make_client();
    client.start();
    await settle();
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      FakeSocket.all.at(-1)!.drop();
      await settle();
      const state = client.state;
      if (state.name !== 'waiting') throw new Error(state.name);
      waits.push(state.retryAt - Date.now());
      await vi.advanceTimersByTimeAsync(waits.at(-1)!);
    }
    expect(waits).toEqual([75, 150, 300, 600, 750, 750]);
    const socket = FakeSocket.all.at(-1)!;
    socket.accept();
    socket.answer('one-core:init', true);
    await settle();
    socket.drop();
    const state = client.state;
    expect(state.name === 'waiting' && state.retryAt - Date.now()).toBe(75);
    client.stop();
    expect(FakeSocket.all.length).toBe(7);
  });

  it('does not ask again where it is not let in, until it is told to', async () => {
    const client = make_client(401);
    client.start();
    await settle();
    FakeSocket.all[0]!.drop();
    await settle();
    expect(client.state.name).toBe('unauthorized');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.all.length).toBe(1);
    client.retry();
    await settle();
    expect(FakeSocket.all.length).toBe(2);
    client.stop();
  });

  it('ignores what a former socket says', async () => {
    const client = make_client();
    const first = await connected(client);
    const handlers = { message: first.onmessage, close: first.onclose };
    first.drop();
    await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    const second = FakeSocket.all.at(-1)!;
    second.accept();
    const heard: unknown[] = [];
    client.onNotification('update:stateChanged', (x) => heard.push(x));
    handlers.message?.({ data: '{"jsonrpc":"2.0","method":"update:stateChanged","params":{}}' } as never);
    handlers.close?.({} as never);
    expect(heard).toEqual([]);
    expect(client.state.name).toBe('open');
    client.stop();
  });

  it('cuts a connection on which nothing is heard', async () => {
    const client = make_client();
    const socket = await connected(client);
    await vi.advanceTimersByTimeAsync(16_000);
    await settle();
    expect(socket.closed).toBe(true);
    expect(client.state.name).not.toBe('open');
    client.stop();
  });

  it('cuts a connection that speaks no JSON', async () => {
    const client = make_client();
    const socket = await connected(client);
    socket.say('{"jsonrpc"');
    expect(client.state.name).toBe('waiting');
    client.stop();
  });

  it('fails calls under way when the connection is lost', async () => {
    const client = make_client();
    const socket = await connected(client);
    const call = client.call('query:getContacts', {}).catch((x: { kind: string }) => x.kind);
    socket.drop();
    expect(await call).toBe('disconnected');
    client.stop();
  });
});

describe('events', () => {
  it('are asked for since the last one heard, and told once', async () => {
    const client = make_client();
    const ready: { again: boolean; complete: boolean }[] = [];
    const heard: string[] = [];
    client.on('ready', (x) => ready.push(x));
    client.onNotification('update:messageReceived', (x) => heard.push((x.message as Message).text));
    const first = await connected(client);
    first.answer('events:subscribe', { sequence: 7, complete: true });
    await settle();
    const tell = (socket: FakeSocket, sequence: number, text: string) =>
      socket.notify('update:messageReceived', { conversationId: 'c', message: { text }, sequence });
    tell(first, 8, 'eight');
    tell(first, 9, 'nine');
    first.drop();
    await vi.advanceTimersByTimeAsync(1_000);
    const second = await connected(client);
    expect(second.sent.find((x) => x.method === 'events:subscribe')?.params).toEqual({ since: 9 });
    second.answer('events:subscribe', { sequence: 11, complete: true });
    for (const [sequence, text] of [[9, 'nine'], [10, 'ten'], [11, 'eleven']] as const) tell(second, sequence, text);
    await settle();
    expect(heard).toEqual(['eight', 'nine', 'ten', 'eleven']);
    expect(ready).toEqual([
      { again: false, complete: false },
      { again: true, complete: true },
    ]);
    client.stop();
  });

  it('say when some are gone for ever', async () => {
    const client = make_client();
    const ready: boolean[] = [];
    client.on('ready', (x) => ready.push(x.complete));
    const first = await connected(client);
    first.answer('events:subscribe', { sequence: 7, complete: true });
    await settle();
    first.drop();
    await vi.advanceTimersByTimeAsync(1_000);
    const second = await connected(client);
    second.answer('events:subscribe', { sequence: 3, complete: false });
    await settle();
    expect(ready).toEqual([false, false]);
    expect(client.sequence).toBe(3);
    client.stop();
  });

  it('come without numbers from a node that does not count them', async () => {
    const client = make_client();
    const socket = await connected(client);
    socket.refuse('events:subscribe', -32601);
    await settle();
    const heard: unknown[] = [];
    client.onNotification('update:stateChanged', (x) => heard.push(x));
    socket.notify('update:stateChanged', { changed: ['contacts'] });
    socket.notify('update:stateChanged', { changed: ['contacts'] });
    expect(heard.length).toBe(2);
    expect(await client.subscribe()).toBe(false);
    client.stop();
  });
});

describe('streams', () => {
  it('are pulled, and cancelled when the loop is left', async () => {
    const client = make_client();
    const socket = await connected(client);
    const got: unknown[] = [];
    const reading = (async () => {
      for await (const chunk of client.stream('ai:complete', { prompt: 'x' })) {
        got.push(chunk);
        if (got.length === 3) break;
      }
    })();
    await settle();
    socket.answer('ai:complete', { stream: 's1' });
    await settle();
    socket.answer('stream:next', { chunks: ['a', 'b'], done: false });
    await settle();
    expect(socket.sent.filter((x) => x.method === 'stream:next').length).toBe(2);
    socket.answer('stream:next', { chunks: ['c', 'd'], done: false });
    await settle();
    expect(socket.sent.at(-1)).toMatchObject({ method: 'stream:cancel', params: { stream: 's1' } });
    socket.answer('stream:cancel', { success: true });
    await reading;
    expect(got).toEqual(['a', 'b', 'c']);
    client.stop();
  });
});

describe('the outbox', () => {
  const text_of = (x: OutboxEntry) => (x.params as { text: string }).text;
  const make = async (carriedOut?: (x: OutboxEntry) => Promise<unknown>) => {
    const client = make_client();
    const socket = await connected(client);
    const storage = new MemoryStorage();
    const outbox = new Outbox({ client, storage, prefix: 'o/', ...(carriedOut ? { carriedOut } : {}) });
    return { client, socket, storage, outbox };
  };
  const sends = (socket: FakeSocket) => socket.sent.filter((x) => x.method === 'action:sendMessage').map((x) => x.params['text']);

  it('asks before it sends again what may have arrived', async () => {
    const asked: string[] = [];
    const { client, socket, outbox } = await make(async (x) => {
      asked.push(text_of(x));
      return text_of(x) === 'arrived' ? { messageHash: 'h' } : undefined;
    });
    const done: string[] = [];
    outbox.on('done', ({ entry }) => done.push(text_of(entry)));
    outbox.resume();
    outbox.add('action:sendMessage', { conversationId: 'c', text: 'arrived' });
    await settle();
    socket.drop();
    await settle();
    outbox.pause();
    outbox.add('action:sendMessage', { conversationId: 'c', text: 'new' });
    await vi.advanceTimersByTimeAsync(1_000);
    const second = await connected(client);
    outbox.resume();
    await settle();
    expect(asked).toEqual(['arrived']);
    expect(sends(second)).toEqual(['new']);
    second.answer('action:sendMessage', { messageHash: 'n', conversation: null });
    await settle();
    expect(done).toEqual(['arrived', 'new']);
    expect(outbox.entries()).toEqual([]);
    client.stop();
  });

  it('keeps what was refused, goes on with the next, and tries again when told', async () => {
    const { client, socket, outbox } = await make();
    outbox.resume();
    outbox.add('action:sendMessage', { conversationId: 'c', text: 'bad' });
    outbox.add('action:sendMessage', { conversationId: 'c', text: 'good' });
    await settle();
    socket.refuse('action:sendMessage', -32003);
    await settle();
    expect(sends(socket)).toEqual(['bad', 'good']);
    socket.answer('action:sendMessage', {});
    await settle();
    expect(outbox.entries().map((x) => [text_of(x), x.state, x.error?.kind])).toEqual([['bad', 'failed', 'not-found']]);
    outbox.retry();
    await settle();
    expect(sends(socket)).toEqual(['bad', 'good', 'bad']);
    client.stop();
  });

  it('waits as long as a busy node asks for, in order', async () => {
    const { client, socket, outbox } = await make();
    outbox.resume();
    outbox.add('action:sendMessage', { conversationId: 'c', text: 'one' });
    outbox.add('action:sendMessage', { conversationId: 'c', text: 'two' });
    await settle();
    socket.refuse('action:sendMessage', -32005, { retryAfterMs: 500 });
    await settle();
    expect(sends(socket)).toEqual(['one']);
    await vi.advanceTimersByTimeAsync(499);
    expect(sends(socket)).toEqual(['one']);
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    expect(sends(socket)).toEqual(['one', 'one']);
    client.stop();
  });

  it('does not send what was given up, nor bring it back', async () => {
    const { client, socket, outbox } = await make();
    outbox.resume();
    const first = outbox.add('action:sendMessage', { conversationId: 'c', text: 'on its way' });
    const second = outbox.add('action:sendMessage', { conversationId: 'c', text: 'waiting' });
    await settle();
    outbox.remove(first.id);
    outbox.remove(second.id);
    socket.refuse('action:sendMessage', -32003);
    await settle();
    expect(sends(socket)).toEqual(['on its way']);
    expect(outbox.entries()).toEqual([]);
    client.stop();
  });

  it('refuses what the storage has no room for', async () => {
    const { client, storage, outbox } = await make();
    storage.set = () => {
      throw new Error('QuotaExceededError');
    };
    expect(() => outbox.add('action:sendMessage', { conversationId: 'c', text: 'x' })).toThrow(/no room/);
    client.stop();
  });
});
