import { useRef, useSyncExternalStore } from 'react';

/** A value that many look at; changed by replacing it. */
export class Store<T> {
  #value: T;
  readonly #watchers = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get = (): T => this.#value;

  set(change: Partial<T> | ((x: T) => Partial<T>)): void {
    const part = typeof change === 'function' ? change(this.#value) : change;
    this.#value = { ...this.#value, ...part };
    for (const watcher of [...this.#watchers]) watcher();
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };
}

/** Part of a store; the component is drawn again when that part is another one (by ===, or member by member for an array or plain object made on the fly). */
export function use_store<T, S>(store: Store<T>, choose: (x: T) => S): S {
  const last = useRef<S>();
  return useSyncExternalStore(store.watch, () => {
    const next = choose(store.get());
    if (last.current !== undefined && same(last.current, next)) return last.current;
    last.current = next;
    return next;
  });
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = Object.entries(a);
  const right = b as Record<string, unknown>;
  return left.length === Object.keys(b).length && left.every(([key, value]) => Object.is(value, right[key]));
}
