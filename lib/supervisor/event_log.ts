/** What an event is about. */
export type EventKind =
  /** A backend was found up or down. */
  | "health"
  /** A backend was ejected, or has returned. */
  | "ejection"
  /** An operator changed a backend's mode or weight. */
  | "operator"
  | "reload"
  /** A worker died, was replaced or serves again. */
  | "worker"
  | "shutdown";

/** Something that happened and that an operator may want to know about. */
export interface WeirEvent {
  /** Increases by one with every event. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly kind: EventKind;
  /** A sentence. */
  readonly text: string;
  /** The pool's name, where the event is about one. */
  readonly pool?: string;
  /** The backend's name, where the event is about one. */
  readonly backend?: string;
  /** The new state, where the event is about health. */
  readonly state?: string;
}

/** The pool or backend that an event is about, if any. */
export type EventSubject = Pick<WeirEvent, "pool" | "backend" | "state">;

/** The most recent change of a backend. */
export type BackendChange = Pick<WeirEvent, "atMs" | "text">;

/** Older events are dropped. */
const MOST_EVENTS = 500;

/** The most recent events, and the subscribers to new ones. */
export class EventLog {
  readonly #events: WeirEvent[] = [];
  readonly #subscribers = new Set<(event: WeirEvent) => void>();
  /** By the pool's name and the backend's. */
  readonly #lastChanges = new Map<string, Map<string, BackendChange>>();
  #lastId = 0;

  /** The events that are kept, oldest first. */
  get events(): readonly WeirEvent[] {
    return this.#events;
  }

  /** Adds an event and notifies the subscribers. */
  add(kind: EventKind, text: string, about: EventSubject = {}): void {
    this.note(text, about);
    const event = { id: ++this.#lastId, atMs: Date.now(), kind, text, ...about };
    this.#events.push(event);
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
    for (const tell of this.#subscribers) tell(event);
  }

  /** Records what happened to a backend without adding an event. */
  note(text: string, { pool, backend }: EventSubject): void {
    if (pool === undefined || backend === undefined) return;
    const changes = this.#lastChanges.get(pool) ?? new Map<string, BackendChange>();
    changes.set(backend, { atMs: Date.now(), text });
    this.#lastChanges.set(pool, changes);
  }

  /** The most recent change of a backend; `undefined` if there was none. */
  lastChangeOf(pool: string, backend: string): BackendChange | undefined {
    return this.#lastChanges.get(pool)?.get(backend);
  }

  /** Forgets the changes of backends that no longer exist. */
  keepOnly(isThere: (pool: string, backend: string) => boolean): void {
    for (const [pool, changes] of this.#lastChanges) {
      for (const backend of changes.keys()) {
        if (!isThere(pool, backend)) changes.delete(backend);
      }
      if (changes.size === 0) this.#lastChanges.delete(pool);
    }
  }

  /** Subscribes to new events until the returned function is called. */
  subscribe(tell: (event: WeirEvent) => void): () => void {
    this.#subscribers.add(tell);
    return () => void this.#subscribers.delete(tell);
  }
}
