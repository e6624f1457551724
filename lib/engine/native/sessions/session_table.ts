/** The sessions of a worker, by their clients' descriptors. */
export class SessionTable<Session> {
  readonly #sessions: (Session | undefined)[] = [];
  #size = 0;
  readonly #onEmpty = new Set<() => void>();

  get size(): number {
    return this.#size;
  }

  /** @param descriptor one that no other session has */
  add(descriptor: number, session: Session): void {
    // Filled one by one, the array keeps V8's fast representation.
    while (this.#sessions.length <= descriptor) this.#sessions.push(undefined);
    this.#sessions[descriptor] = session;
    this.#size++;
  }

  remove(descriptor: number): void {
    this.#sessions[descriptor] = undefined;
    this.#size--;
    if (this.#size > 0) return;
    for (const callback of this.#onEmpty) {
      this.#onEmpty.delete(callback);
      callback();
    }
  }

  /** Calls `callback` once when no session is left. Returns a function that cancels that. */
  onceEmpty(callback: () => void): () => void {
    this.#onEmpty.add(callback);
    return () => void this.#onEmpty.delete(callback);
  }

  *[Symbol.iterator](): Generator<Session> {
    for (const session of this.#sessions) {
      if (session !== undefined) yield session;
    }
  }
}
