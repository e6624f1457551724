/** What an event is about. */
export type EventKind =
  /** A backend was found up or down. */
  | "health"
  /** A backend was ejected, or is in again. */
  | "ejection"
  /** An operator changed a backend's mode or weight. */
  | "operator"
  | "reload"
  /** A worker died, was replaced or serves again. */
  | "worker"
  | "shutdown";

/** Something that happened and that an operator may want to know. */
export interface WeirEvent {
  /** Goes up by one with every event. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly kind: EventKind;
  /** A sentence. */
  readonly text: string;
  /** The listener's key, where the event is about one. */
  readonly listener?: string;
  /** The backend's name, where the event is about one. */
  readonly backend?: string;
}

/** Older events are forgotten. */
const MOST_EVENTS = 500;

/** The last events, and those who want to hear of the next. */
export class EventLog {
  readonly #events: WeirEvent[] = [];
  readonly #subscribers = new Set<(event: WeirEvent) => void>();
  #lastId = 0;

  /** The events that are remembered, oldest first. */
  get events(): readonly WeirEvent[] {
    return this.#events;
  }

  /** Adds an event and tells the subscribers. */
  add(kind: EventKind, text: string, about: Pick<WeirEvent, "listener" | "backend"> = {}): void {
    const event = { id: ++this.#lastId, atMs: Date.now(), kind, text, ...about };
    this.#events.push(event);
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
    for (const tell of this.#subscribers) tell(event);
  }

  /** Hears of every event from now on, until the function that this gives is called. */
  subscribe(tell: (event: WeirEvent) => void): () => void {
    this.#subscribers.add(tell);
    return () => void this.#subscribers.delete(tell);
  }
}
