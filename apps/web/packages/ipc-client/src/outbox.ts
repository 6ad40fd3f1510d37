import type { NodeClient, Params } from './client.ts';
import { Emitter } from './emitter.ts';
import { NodeError } from './errors.ts';
import type { ChannelName } from './types.gen.ts';

/** Where entries are kept: localStorage, or a file's wrapper. Keys are this outbox's own, under its prefix. */
export interface OutboxStorage {
  keys(): string[];
  get(key: string): string | null;
  /** May throw where there is no room; the entry is then refused. */
  set(key: string, value: string): void;
  remove(key: string): void;
}

export interface OutboxEntry<C extends ChannelName = ChannelName> {
  /** Sorts by the time of adding. */
  id: string;
  method: C;
  params: Params<C>;
  addedAt: number;
  /** `sent` marks that it was on its way at least once, so that it may have been carried out though no answer came. */
  state: 'waiting' | 'sent' | 'failed';
  /** When it went out first of those times whose answer never came. What the node has carried out is not older, since entries go one after the other. */
  sentAt?: number;
  error?: { kind: string; message: string };
}

export interface OutboxOptions {
  client: NodeClient;
  storage: OutboxStorage;
  /** Entries of one user; another prefix is another outbox. */
  prefix: string;
  /**
   * Asked before an entry goes out again whose answer was lost: its result if the node has carried it out after all, undefined if not. Without it such an
   * entry is sent again, which is right for what may be done twice.
   */
  carriedOut?: (entry: OutboxEntry) => Promise<unknown | undefined>;
  /** Runs `work` while no other tab does; answers when it is done. Default: no other tab. */
  exclusively?: (name: string, work: () => Promise<void>) => Promise<void>;
  now?: () => number;
}

export interface OutboxEvents {
  /** Something was added, sent, failed or given up. */
  changed: void;
  /** The node has carried it out; the entry is gone. */
  done: { entry: OutboxEntry; result: unknown };
}

const most_entries = 1_000;

/** Keeps what is to be asked of the node until the node has answered, over losses of the connection, of the node and of this program. In order, once. */
export class Outbox {
  readonly #events = new Emitter<OutboxEvents>();
  #running = false;
  #again = false;
  #paused = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last_time = 0;

  constructor(private readonly options: OutboxOptions) {}

  on<K extends keyof OutboxEvents>(event: K, handler: (x: OutboxEvents[K]) => void): () => void {
    return this.#events.on(event, handler);
  }

  /** Oldest first. */
  entries(): OutboxEntry[] {
    const { storage, prefix } = this.options;
    const keys = storage.keys().filter((key) => key.startsWith(prefix));
    return keys
      .sort()
      .map((key) => parse(storage.get(key)))
      .filter((x): x is OutboxEntry => x !== null);
  }

  /** Kept from here on. Throws `overloaded` when it is full, or the storage is. */
  add<C extends ChannelName>(method: C, params: Params<C>): OutboxEntry<C> {
    if (this.entries().length >= most_entries) throw new NodeError('overloaded', 'Too much waits to be sent already.');
    const addedAt = this.#now();
    this.#last_time = Math.max(this.#last_time + 1, addedAt);
    const id = `${String(this.#last_time).padStart(15, '0')}-${Math.random().toString(36).slice(2, 8)}`;
    const entry: OutboxEntry<C> = { id, method, params, addedAt, state: 'waiting' };
    try {
      this.#write(entry);
    } catch {
      throw new NodeError('overloaded', 'There is no room left to keep this until it is sent.');
    }
    this.#events.emit('changed', undefined);
    this.flush();
    return entry;
  }

  /** One that failed, or all of them, once more. */
  retry(id?: string): void {
    for (const entry of this.entries()) {
      if (entry.state !== 'failed' || (id !== undefined && entry.id !== id)) continue;
      const { error: _, ...rest } = entry;
      this.#write({ ...rest, state: 'waiting' });
    }
    this.#events.emit('changed', undefined);
    this.flush();
  }

  /** It is not sent any more. What is on its way this moment may still arrive. */
  remove(id: string): void {
    this.options.storage.remove(this.options.prefix + id);
    this.#events.emit('changed', undefined);
  }

  /** May send from now on: connected, and the right user is logged in. */
  resume(): void {
    this.#paused = false;
    this.flush();
  }

  pause(): void {
    this.#paused = true;
    clearTimeout(this.#timer);
  }

  /** Sends what waits, if it may. Returns at once. */
  flush(): void {
    if (this.#paused) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    const work = () => this.#send_all();
    const whole = this.options.exclusively ? this.options.exclusively(this.options.prefix, work) : work();
    void whole
      .catch(() => undefined)
      .then(() => {
        this.#running = false;
        if (!this.#again) return;
        this.#again = false;
        this.flush();
      });
  }

  async #send_all(): Promise<void> {
    for (const known of this.entries()) {
      if (this.#paused) return;
      const entry = parse(this.options.storage.get(this.options.prefix + known.id)); // another tab may have sent it, or it was given up
      if (!entry || entry.state === 'failed') continue;
      try {
        this.#finish(entry, await this.#send(entry));
      } catch (problem) {
        const failure = problem instanceof NodeError ? problem : new NodeError('internal', String(problem));
        if (failure.passing || failure.kind === 'not-logged-in' || failure.kind === 'unauthorized') return this.#later(failure);
        this.#fail(entry, failure);
      }
    }
  }

  async #send(entry: OutboxEntry): Promise<unknown> {
    if (entry.state === 'sent') {
      const result = await this.options.carriedOut?.(entry);
      if (result !== undefined) return result;
    }
    this.#write({ ...entry, state: 'sent', sentAt: entry.sentAt ?? this.#now() });
    try {
      return await this.options.client.callAny(entry.method, entry.params);
    } catch (problem) {
      // The node has answered: it did nothing.
      if (problem instanceof NodeError && problem.kind !== 'disconnected' && problem.kind !== 'timeout') {
        const { sentAt: _, ...rest } = entry;
        this.#rewrite({ ...rest, state: 'waiting' });
      }
      throw problem;
    }
  }

  #now(): number {
    return (this.options.now ?? Date.now)();
  }

  #finish(entry: OutboxEntry, result: unknown): void {
    this.options.storage.remove(this.options.prefix + entry.id);
    this.#events.emit('done', { entry, result });
    this.#events.emit('changed', undefined);
  }

  #fail(entry: OutboxEntry, failure: NodeError): void {
    this.#rewrite({ ...entry, state: 'failed', error: { kind: failure.kind, message: failure.message } });
    this.#events.emit('changed', undefined);
  }

  #later(failure: NodeError): void {
    this.#events.emit('changed', undefined);
    if (failure.kind === 'disconnected' || failure.kind === 'not-logged-in' || failure.kind === 'unauthorized') return; // resume() comes
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), failure.data.retryAfterMs ?? 3_000);
  }

  /** Unless it was given up while it was on its way. */
  #rewrite(entry: OutboxEntry): void {
    if (this.options.storage.get(this.options.prefix + entry.id) !== null) this.#write(entry);
  }

  #write(entry: OutboxEntry): void {
    this.options.storage.set(this.options.prefix + entry.id, JSON.stringify(entry));
  }
}

function parse(text: string | null): OutboxEntry | null {
  if (text === null) return null;
  try {
    const x = JSON.parse(text) as OutboxEntry;
    return typeof x.id === 'string' && typeof x.method === 'string' && typeof x.params === 'object' ? x : null;
  } catch {
    return null;
  }
}

/** For programs without localStorage, and tests. */
export class MemoryStorage implements OutboxStorage {
  readonly #all = new Map<string, string>();
  keys = () => [...this.#all.keys()];
  get = (key: string) => this.#all.get(key) ?? null;
  set = (key: string, value: string) => void this.#all.set(key, value);
  remove = (key: string) => void this.#all.delete(key);
}

/** For pages. */
export class BrowserStorage implements OutboxStorage {
  keys = () => Object.keys(localStorage);
  get = (key: string) => localStorage.getItem(key);
  set = (key: string, value: string) => localStorage.setItem(key, value);
  remove = (key: string) => localStorage.removeItem(key);
}

