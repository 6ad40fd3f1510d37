import { Emitter } from './emitter.ts';
import { NodeError, error_of } from './errors.ts';
import { Link, type LinkOptions, type LinkState } from './socket.ts';
import type { ChannelName, Channels, Notifications } from './types.gen.ts';

export type Params<C extends ChannelName> = Channels[C]['params'];
export type Result<C extends ChannelName> = Channels[C]['result'];

export interface CallOptions {
  /** Milliseconds until the call ends with a `timeout`; a connected client only. Default 30 000. */
  deadline?: number;
  signal?: AbortSignal;
  /** Waits for a connection within the deadline in place of failing at once. */
  wait?: boolean;
}

export type Outcome<T> = { ok: true; result: T } | { ok: false; error: NodeError };
type BatchCall = { [C in ChannelName]: { method: C; params: Params<C> } }[ChannelName];
type BatchOutcomes<T extends readonly BatchCall[]> = { -readonly [I in keyof T]: Outcome<Result<T[I]['method']>> };

export interface ClientOptions extends LinkOptions {
  /** After so much silence the node is asked whether it is there, milliseconds. Default 20 000. */
  quiet?: number;
}

export interface ClientEvents {
  state: LinkState;
  /** Connected; `again`: not for the first time. `complete`: every event of the time between was, or will be, told. Else what is shown should be asked for anew. */
  ready: { again: boolean; complete: boolean };
}

interface Pending {
  resolve: (x: unknown) => void;
  reject: (x: NodeError) => void;
  timer: ReturnType<typeof setTimeout>;
  release: () => void;
}

const default_deadline = 30_000;
/** What waits for an answer at once; more than that is refused here, not piled up. */
const most_pending = 2_000;

/** A connection to one node, for one user. All of it is safe to call at any time, connected or not. */
export class NodeClient {
  readonly #link: Link;
  readonly #events = new Emitter<ClientEvents>();
  readonly #notifications = new Emitter<Notifications & Record<string, unknown>>();
  readonly #pending = new Map<number, Pending>();
  #last_id = 0;
  #opened = 0;
  #sequence: number | null = null;
  #resumable = true;
  #heard = 0;
  #watch: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly options: ClientOptions) {
    this.#link = new Link(options);
    this.#link.on('text', (text) => this.#take(text));
    this.#link.on('state', (state) => this.#changed(state));
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** The last event that was heard of; null before the first. */
  get sequence(): number | null {
    return this.#sequence;
  }

  start(): void {
    this.#link.start();
  }

  /** Ends the connection; calls under way fail as `disconnected`. */
  stop(): void {
    clearInterval(this.#watch);
    this.#link.stop();
  }

  /** Tries now in place of later: the machine woke up, the network is back, a new cookie is there. */
  retry(): void {
    this.#link.retry();
  }

  on<K extends keyof ClientEvents>(event: K, handler: (x: ClientEvents[K]) => void): () => void {
    return this.#events.on(event, handler);
  }

  /** What the node says unasked, by its name. */
  onNotification<K extends keyof Notifications>(name: K, handler: (x: Notifications[K]) => void): () => void {
    return this.#notifications.on(name, handler as (x: unknown) => void);
  }

  async call<C extends ChannelName>(method: C, params: Params<C>, options: CallOptions = {}): Promise<Result<C>> {
    return (await this.callAny(method, params, options)) as Result<C>;
  }

  /** A channel that these types do not know: a later node's. */
  async callAny(method: string, params: object, options: CallOptions = {}): Promise<unknown> {
    if (options.wait) await this.#until_open(options);
    const id = ++this.#last_id;
    return this.#ask([id], JSON.stringify({ jsonrpc: '2.0', id, method, params }), options)[0];
  }

  /** All in one frame; each has an outcome of its own. */
  async batch<const T extends readonly BatchCall[]>(calls: T, options: CallOptions = {}): Promise<BatchOutcomes<T>> {
    if (calls.length === 0) return [] as unknown as BatchOutcomes<T>;
    if (options.wait) await this.#until_open(options);
    const messages = calls.map(({ method, params }) => ({ jsonrpc: '2.0', id: ++this.#last_id, method, params }));
    const answers = this.#ask(
      messages.map((x) => x.id),
      JSON.stringify(messages),
      options,
    );
    const outcomes = answers.map((x) =>
      x.then(
        (result) => ({ ok: true, result }),
        (error: unknown) => ({ ok: false, error }),
      ),
    );
    return (await Promise.all(outcomes)) as BatchOutcomes<T>;
  }

  /** Chunks of an answer that comes bit by bit. The node makes no more than is taken; leaving the loop ends it there. */
  async *stream(method: string, params: object, options: CallOptions = {}): AsyncGenerator<unknown, void, undefined> {
    const begun = (await this.callAny(method, params, options)) as { stream?: unknown };
    if (typeof begun?.stream !== 'string') throw new NodeError('protocol', `${method} did not answer with a stream.`);
    let done = false;
    try {
      while (!done) {
        const next = (await this.callAny('stream:next', { stream: begun.stream }, options)) as { chunks?: unknown; done?: unknown };
        if (!Array.isArray(next?.chunks)) throw new NodeError('protocol', 'A piece of a stream has no chunks.');
        done = next.done === true;
        yield* next.chunks;
      }
    } finally {
      if (!done && this.state.name === 'open') await this.callAny('stream:cancel', { stream: begun.stream }).catch(() => undefined);
    }
  }

  #until_open(options: CallOptions): Promise<void> {
    if (this.state.name === 'open') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const finish = (failure?: NodeError) => {
        clearTimeout(timer);
        off();
        options.signal?.removeEventListener('abort', aborted);
        if (failure) reject(failure);
        else resolve();
      };
      const aborted = () => finish(new NodeError('cancelled', 'The call was given up.'));
      const timer = setTimeout(() => finish(new NodeError('disconnected', 'The node could not be reached.')), options.deadline ?? default_deadline);
      const off = this.on('state', (state) => {
        if (state.name === 'open') finish();
        if (state.name === 'unauthorized') finish(new NodeError('unauthorized', 'The node does not know this session.'));
      });
      options.signal?.addEventListener('abort', aborted);
      if (options.signal?.aborted) aborted();
    });
  }

  #ask(ids: number[], text: string, options: CallOptions): Promise<unknown>[] {
    return ids.map((id, i) => {
      return new Promise((resolve, reject) => {
        const fail = (error: NodeError) => {
          this.#forget(id);
          reject(error);
        };
        if (options.signal?.aborted) return reject(new NodeError('cancelled', 'The call was given up.'));
        if (this.#pending.size >= most_pending) return reject(new NodeError('overloaded', 'Too many calls wait for their answers.'));
        const aborted = () => fail(new NodeError('cancelled', 'The call was given up.'));
        options.signal?.addEventListener('abort', aborted);
        this.#pending.set(id, {
          resolve,
          reject,
          timer: setTimeout(() => fail(new NodeError('timeout', 'The node did not answer in time.')), options.deadline ?? default_deadline),
          release: () => options.signal?.removeEventListener('abort', aborted),
        });
        // The whole batch stands in the first one's place.
        if (i === 0 && !this.#link.send(text)) queueMicrotask(() => this.#fail(ids, new NodeError('disconnected', 'The node is not connected.')));
      });
    });
  }

  #fail(ids: Iterable<number>, error: NodeError): void {
    for (const id of ids) this.#forget(id)?.reject(error);
  }

  #forget(id: number): Pending | undefined {
    const found = this.#pending.get(id);
    if (!found) return undefined;
    this.#pending.delete(id);
    clearTimeout(found.timer);
    found.release();
    return found;
  }

  #take(text: string): void {
    this.#heard = Date.now();
    let said: unknown;
    try {
      said = JSON.parse(text);
    } catch {
      return this.#link.cut();
    }
    for (const x of Array.isArray(said) ? said : [said]) this.#take_one(x);
  }

  #take_one(x: unknown): void {
    if (typeof x !== 'object' || x === null) return;
    const { id, method, params, result, error } = x as Record<string, unknown>;
    if (typeof method === 'string') return this.#notified(method, params);
    if (typeof id !== 'number') return; // an error that names no call
    const waiting = this.#forget(id);
    if (!waiting) return; // given up meanwhile
    if (error !== undefined) waiting.reject(error_of(error));
    else waiting.resolve(result);
  }

  #notified(method: string, params: unknown): void {
    const sequence = (params as { sequence?: unknown } | null)?.sequence;
    if (typeof sequence === 'number') {
      if (this.#sequence !== null && sequence <= this.#sequence) return; // told before the connection was lost
      this.#sequence = sequence;
    }
    this.#notifications.emit(method, params as never);
  }

  #changed(state: LinkState): void {
    clearInterval(this.#watch);
    if (state.name !== 'open') this.#fail([...this.#pending.keys()], new NodeError('disconnected', 'The connection to the node was lost.'));
    this.#events.emit('state', state);
    if (state.name === 'open') void this.#begin();
  }

  async #begin(): Promise<void> {
    const again = this.#opened++ > 0;
    this.#heard = Date.now();
    const quiet = this.options.quiet ?? 20_000;
    this.#watch = setInterval(() => void this.#look_after(quiet), quiet / 2);
    try {
      await this.call('one-core:init', {});
      this.#link.proven();
    } catch {
      return; // lost again, or cut by its deadline
    }
    this.#events.emit('ready', { again, complete: await this.subscribe() });
  }

  /** Asks for the events since the last one. Needs a user; to be called again after a login. False: something was missed, or nobody is logged in. */
  async subscribe(): Promise<boolean> {
    if (!this.#resumable) return false;
    try {
      const answer = (await this.callAny('events:subscribe', this.#sequence === null ? {} : { since: this.#sequence })) as {
        sequence?: unknown;
        complete?: unknown;
      };
      const known = this.#sequence !== null;
      if (typeof answer?.sequence === 'number' && (!known || answer.complete !== true)) this.#sequence = answer.sequence;
      return known && answer?.complete === true;
    } catch (problem) {
      if (problem instanceof NodeError && problem.kind === 'unknown-channel') this.#resumable = false;
      return false;
    }
  }

  /** Another user's events are counted by themselves. */
  forgetSequence(): void {
    this.#sequence = null;
  }

  async #look_after(quiet: number): Promise<void> {
    if (Date.now() - this.#heard < quiet) return;
    try {
      await this.call('one-core:init', {}, { deadline: quiet / 2 });
    } catch (problem) {
      if (problem instanceof NodeError && problem.kind === 'timeout') this.#link.cut();
    }
  }
}
