import type { SocketLike } from '../src/index.ts';

/** A node's end of a websocket, in the test's hands. */
export class FakeSocket implements SocketLike {
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: { id: number; method: string; params: Record<string, unknown> }[] = [];
  closed = false;
  onopen: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;

  constructor(
    readonly url: string,
    readonly protocols: string[] = [],
  ) {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    const said = JSON.parse(text) as never;
    this.sent.push(...(Array.isArray(said) ? said : [said]));
  }

  close(): void {
    this.closed = true;
    this.readyState = 3;
  }

  accept(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  drop(): void {
    this.readyState = 3;
    this.onclose?.({} as never);
  }

  say(x: unknown): void {
    this.onmessage?.({ data: typeof x === 'string' ? x : JSON.stringify(x) } as never);
  }

  notify(method: string, params: unknown): void {
    this.say({ jsonrpc: '2.0', method, params });
  }

  /** Answers the newest call of this method. */
  answer(method: string, result: unknown): void {
    const call = this.sent.filter((x) => x.method === method).at(-1);
    if (!call) throw new Error(`${method} was not called`);
    this.say({ jsonrpc: '2.0', id: call.id, result });
  }

  refuse(method: string, code: number, data?: unknown): void {
    const call = this.sent.filter((x) => x.method === method).at(-1);
    if (!call) throw new Error(`${method} was not called`);
    this.say({ jsonrpc: '2.0', id: call.id, error: { code, message: 'no', data } });
  }
}
