import { Backoff } from './backoff.ts';
import { Emitter } from './emitter.ts';

/** What is used of a browser's WebSocket; the `ws` package has it too. */
export interface SocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
}
export type SocketConstructor = new (url: string, protocols?: string[]) => SocketLike;

/** Where the node is. Asked anew for each try: a node that was started again has a new token, and may have a new port. */
export interface Endpoint {
  /** http://HOST:PORT */
  url: string;
  /** From ipc.json; a page has its cookie instead. */
  token?: string;
}

export type LinkState =
  | { name: 'stopped' }
  | { name: 'connecting'; tries: number }
  | { name: 'open' }
  | { name: 'waiting'; tries: number; retryAt: number }
  /** The node is there and does not let us in: the cookie or token is not good. Not tried again before `retry()`. */
  | { name: 'unauthorized' };

export interface LinkOptions {
  endpoint: () => Endpoint | Promise<Endpoint>;
  WebSocket?: SocketConstructor;
  fetch?: typeof fetch;
  first_wait?: number;
  longest_wait?: number;
  /** Opening a connection takes no longer, milliseconds. */
  open_deadline?: number;
  random?: () => number;
  now?: () => number;
}

const subprotocol = 'lama.ipc.v1';
const is_open = 1;

/** A websocket that comes back by itself. One try at a time; whatever a former socket still says is ignored. */
export class Link extends Emitter<{ state: LinkState; text: string }> {
  #state: LinkState = { name: 'stopped' };
  #socket: SocketLike | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  #generation = 0;
  readonly #backoff: Backoff;

  constructor(private readonly options: LinkOptions) {
    super();
    this.#backoff = new Backoff({
      first: options.first_wait ?? 250,
      longest: options.longest_wait ?? 10_000,
      random: options.random ?? Math.random,
    });
  }

  get state(): LinkState {
    return this.#state;
  }

  start(): void {
    if (this.#state.name === 'stopped') this.#connect();
  }

  stop(): void {
    this.#abandon('stopped');
    this.#set({ name: 'stopped' });
  }

  /** At once, whatever the wait is. */
  retry(): void {
    if (this.#state.name !== 'waiting' && this.#state.name !== 'unauthorized') return;
    this.#backoff.reset();
    this.#connect();
  }

  /** Cuts a connection that does not answer; it is then made again. */
  cut(): void {
    if (this.#state.name === 'open') this.#lost();
  }

  send(text: string): boolean {
    if (this.#state.name !== 'open' || this.#socket?.readyState !== is_open) return false;
    this.#socket.send(text);
    return true;
  }

  /** It works: the next loss is waited for as briefly as the first. */
  proven(): void {
    this.#tries = 0;
    this.#backoff.reset();
  }

  #set(state: LinkState): void {
    this.#state = state;
    this.emit('state', state);
  }

  #abandon(reason: string): void {
    this.#generation++;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.onerror = () => {}; // `ws` throws where nobody listens
    socket.close(1000, reason);
  }

  #connect(): void {
    this.#abandon('again');
    this.#set({ name: 'connecting', tries: ++this.#tries });
    const generation = this.#generation;
    this.#timer = setTimeout(() => this.#lost(), this.options.open_deadline ?? 10_000);
    Promise.resolve()
      .then(() => this.options.endpoint())
      .then((endpoint) => {
        if (generation === this.#generation) this.#open(endpoint, generation);
      })
      .catch(() => {
        if (generation === this.#generation) this.#lost();
      });
  }

  #open(endpoint: Endpoint, generation: number): void {
    const address = new URL('/ipc', endpoint.url);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const constructor = this.options.WebSocket ?? (globalThis.WebSocket as unknown as SocketConstructor);
    const socket = new constructor(address.href, endpoint.token ? [subprotocol, `bearer.${endpoint.token}`] : [subprotocol]);
    this.#socket = socket;
    const mine = () => generation === this.#generation;
    socket.onopen = () => {
      if (!mine()) return;
      clearTimeout(this.#timer);
      this.#set({ name: 'open' });
    };
    socket.onmessage = (event: { data: unknown }) => {
      if (mine() && typeof event.data === 'string') this.emit('text', event.data);
    };
    socket.onerror = () => {};
    socket.onclose = () => {
      if (!mine()) return;
      if (this.#state.name === 'open') this.#lost();
      else void this.#refused(endpoint, generation);
    };
  }

  /** A browser does not tell why a websocket was refused; a plain request does. */
  async #refused(endpoint: Endpoint, generation: number): Promise<void> {
    let status = 0;
    try {
      const answer = await (this.options.fetch ?? fetch)(new URL('/rpc', endpoint.url), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...(endpoint.token ? { Authorization: `Bearer ${endpoint.token}` } : {}) },
        body: '{"jsonrpc":"2.0","id":1,"method":"one-core:init","params":{}}',
      });
      status = answer.status;
    } catch {
      status = 0;
    }
    if (generation !== this.#generation) return;
    if (status !== 401) return this.#lost();
    this.#abandon('unauthorized');
    this.#set({ name: 'unauthorized' });
  }

  #lost(): void {
    this.#abandon('lost');
    const wait = this.#backoff.next();
    this.#set({ name: 'waiting', tries: this.#tries, retryAt: (this.options.now ?? Date.now)() + wait });
    this.#timer = setTimeout(() => this.#connect(), wait);
  }
}
