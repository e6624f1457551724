/** The sessions of a worker, by their clients' descriptors. */
export class SessionTable<Session> {
  readonly #sessions: (Session | undefined)[] = [];
  #size = 0;
  #onEmpty: (() => void) | undefined;

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
    if (this.#size === 0) this.#onEmpty?.();
  }

  /** Calls `callback` once when no session is left; `undefined` cancels that. */
  onceEmpty(callback: (() => void) | undefined): void {
    this.#onEmpty = callback === undefined ? undefined : () => {
      this.#onEmpty = undefined;
      callback();
    };
  }

  *[Symbol.iterator](): Generator<Session> {
    for (const session of this.#sessions) {
      if (session !== undefined) yield session;
    }
  }
}
