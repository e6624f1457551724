import type { Control } from "../supervisor/control.ts";
import type { WeirEvent } from "../supervisor/event_log.ts";
import { Problem } from "./problem.ts";
import type { StatusWatch } from "./status_watch.ts";

/** How many may listen at once. */
export const MOST_STREAMS = 64;
/** So often something is sent, that no proxy takes the connection for a dead one. */
const HEARTBEAT_MS = 15_000;
/** A listener with so much left to read is too slow, and has to come again. */
const LARGEST_BACKLOG = 1024 * 1024;

/** What can be listened to: the status once a second, and the events of the log. */
export const STREAM_KINDS = ["status", "event"] as const;
export type StreamKind = typeof STREAM_KINDS[number];

export interface StreamQuery {
  readonly kinds: readonly StreamKind[];
  /** The last event that the listener has; 0 for all that are remembered. */
  readonly lastEventId: number;
}

const ENCODER = new TextEncoder();

/**
 * Those who listen to `GET /api/v1/events`. The status is made and written out once for all of them,
 * and only while somebody listens.
 */
export class EventStreams {
  readonly #control: Control;
  readonly #watch: StatusWatch;
  readonly #streams = new Set<EventStream>();
  #leave: (() => void) | undefined;

  constructor(control: Control, watch: StatusWatch) {
    this.#control = control;
    this.#watch = watch;
  }

  /** How many listen. */
  get size(): number {
    return this.#streams.size;
  }

  /** Answers one who wants to listen. Throws a {@linkcode Problem} where there are too many. */
  open({ kinds, lastEventId }: StreamQuery): Response {
    if (this.#streams.size >= MOST_STREAMS) {
      throw new Problem(503, `There are ${MOST_STREAMS} who listen already`, {
        "retry-after": "5",
      });
    }
    const stream = new EventStream(kinds, () => this.#remove(stream));
    this.#streams.add(stream);
    this.#leave ??= this.#subscribe();
    if (kinds.includes("status")) stream.sendStatus(statusMessage(this.#watch.view));
    if (kinds.includes("event")) {
      for (const event of this.#missed(lastEventId)) stream.sendEvent(eventMessage(event));
    }
    return new Response(stream.readable, { headers: { "content-type": "text/event-stream" } });
  }

  /** Ends all streams. */
  close(): void {
    for (const stream of this.#streams) stream.end();
  }

  /** An id that is ahead of the log is from before a restart. */
  #missed(lastEventId: number): readonly WeirEvent[] {
    const { events } = this.#control.events;
    const newest = events.at(-1)?.id ?? 0;
    return lastEventId > newest ? events : events.filter(({ id }) => id > lastEventId);
  }

  #subscribe(): () => void {
    const leaveWatch = this.#watch.subscribe((view) => {
      const message = statusMessage(view);
      for (const stream of this.#streams) stream.sendStatus(message);
    });
    const leaveLog = this.#control.events.subscribe((event) => {
      const message = eventMessage(event);
      for (const stream of this.#streams) stream.sendEvent(message);
    });
    const heartbeat = setInterval(() => {
      const message = ENCODER.encode(": heartbeat\n\n");
      for (const stream of this.#streams) stream.sendComment(message);
    }, HEARTBEAT_MS);
    return () => {
      leaveWatch();
      leaveLog();
      clearInterval(heartbeat);
    };
  }

  #remove(stream: EventStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#leave?.();
    this.#leave = undefined;
  }
}

/** One who listens. */
class EventStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #kinds: readonly StreamKind[];
  readonly #onEnd: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(kinds: readonly StreamKind[], onEnd: () => void) {
    this.#kinds = kinds;
    this.#onEnd = onEnd;
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.#forget(),
    }, new ByteLengthQueuingStrategy({ highWaterMark: LARGEST_BACKLOG }));
  }

  /** Leaves the status out where the one before is still to be read: the next one says more. */
  sendStatus(message: Uint8Array): void {
    if (this.#kinds.includes("status") && this.#backlog === 0) this.#send(message);
  }

  /** Ends the stream where too much is still to be read: who comes again gets what it missed. */
  sendEvent(message: Uint8Array): void {
    if (!this.#kinds.includes("event")) return;
    if (this.#backlog >= LARGEST_BACKLOG) this.end();
    else this.#send(message);
  }

  sendComment(message: Uint8Array): void {
    if (this.#backlog === 0) this.#send(message);
  }

  end(): void {
    this.#controller?.close();
    this.#forget();
  }

  get #backlog(): number {
    return LARGEST_BACKLOG - (this.#controller?.desiredSize ?? LARGEST_BACKLOG);
  }

  #send(message: Uint8Array): void {
    this.#controller?.enqueue(message);
  }

  #forget(): void {
    this.#controller = undefined;
    this.#onEnd();
  }
}

function statusMessage(view: unknown): Uint8Array {
  return ENCODER.encode(`event: status\ndata: ${JSON.stringify(view)}\n\n`);
}

function eventMessage(event: WeirEvent): Uint8Array {
  return ENCODER.encode(`id: ${event.id}\nevent: event\ndata: ${JSON.stringify(event)}\n\n`);
}
