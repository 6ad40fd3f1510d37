/** Handlers by event; each is told what it asked for, and one that throws keeps nobody else from being told. */
export class Emitter<Events extends object> {
  #handlers = new Map<keyof Events, Set<(x: never) => void>>();

  /** Answers the way to stop it. */
  on<K extends keyof Events>(event: K, handler: (x: Events[K]) => void): () => void {
    const all = this.#handlers.get(event) ?? new Set();
    all.add(handler);
    this.#handlers.set(event, all);
    return () => all.delete(handler);
  }

  emit<K extends keyof Events>(event: K, x: Events[K]): void {
    for (const handler of [...(this.#handlers.get(event) ?? [])]) {
      try {
        (handler as (x: Events[K]) => void)(x);
      } catch (problem) {
        queueMicrotask(() => {
          throw problem;
        });
      }
    }
  }
}
