import type { Control } from "../../supervisor/control.ts";
import type { WeirEvent } from "../../supervisor/event_log.ts";
import type { StatusWatch } from "../metrics/status_watch.ts";
import { Problem } from "../server/problem.ts";
import { Quota } from "../server/quota.ts";
import type { LiveReply, Outlet } from "../server/reply.ts";

/** The maximum number of concurrent streams. */
export const MOST_STREAMS = 64;
/** How often something is sent, so that no proxy considers the connection dead. */
const HEARTBEAT_MS = 15_000;
/** A client with this many unread bytes is too slow: it is disconnected, and has to reconnect. */
const LARGEST_BACKLOG = 1024 * 1024;

/** What a stream can carry: the status once a second, and the events of the log. */
export const STREAM_KINDS = ["status", "event"] as const;
export type StreamKind = typeof STREAM_KINDS[number];

export interface StreamQuery {
  readonly kinds: readonly StreamKind[];
  /** The last event that the client has; 0 for all that are remembered. */
  readonly lastEventId: number;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

const ENCODER = new TextEncoder();

/**
 * The streams of `GET /api/v1/events`. The status is collected and encoded once for all of them,
 * and only while there is a stream.
 */
export class EventStreams {
  readonly #control: Control;
  readonly #watch: StatusWatch;
  readonly #places = new Quota(() => MOST_STREAMS);
  readonly #streams = new Set<EventStream>();
  #leave: (() => void) | undefined;

  constructor(control: Control, watch: StatusWatch) {
    this.#control = control;
    this.#watch = watch;
  }

  /** Opens a stream. Throws a {@linkcode Problem} if there are too many. */
  open(query: StreamQuery): LiveReply {
    const leave = this.#places.take();
    if (leave === undefined) {
      throw new Problem(503, `There are already ${MOST_STREAMS} event streams, the maximum`, {
        "retry-after": "5",
      });
    }
    return {
      status: 200,
      headers: { "content-type": "text/event-stream" },
      start: (outlet) => {
        const stop = this.#start(query, outlet);
        return () => {
          stop();
          leave();
        };
      },
    };
  }

  /** Ends all streams. */
  close(): void {
    for (const stream of this.#streams) stream.end();
  }

  #start({ kinds, lastEventId, signal }: StreamQuery, outlet: Outlet): () => void {
    const stream = new EventStream(kinds, outlet);
    const end = (): void => stream.end();
    signal.addEventListener("abort", end);
    this.#streams.add(stream);
    this.#leave ??= this.#subscribe();
    if (kinds.includes("status")) stream.sendStatus(statusMessage(this.#watch.view));
    if (kinds.includes("event")) {
      for (const event of this.#missed(lastEventId)) stream.sendEvent(eventMessage(event));
    }
    if (signal.aborted) end();
    return () => {
      signal.removeEventListener("abort", end);
      this.#remove(stream);
    };
  }

  /** An id that is ahead of the log was issued before a restart. */
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

/** One stream. */
class EventStream {
  readonly #kinds: readonly StreamKind[];
  readonly #outlet: Outlet;
  #hasEnded = false;

  constructor(kinds: readonly StreamKind[], outlet: Outlet) {
    this.#kinds = kinds;
    this.#outlet = outlet;
  }

  /**
   * Skips the status if the previous one has not been read yet: the next one is more recent anyway.
   */
  sendStatus(message: Uint8Array): void {
    if (this.#kinds.includes("status")) this.sendComment(message);
  }

  /**
   * Ends the stream if too much is unread: a client that reconnects gets the events that it missed.
   */
  sendEvent(message: Uint8Array): void {
    if (!this.#kinds.includes("event")) return;
    if (this.#outlet.backlog >= LARGEST_BACKLOG) this.end();
    else this.#send(message);
  }

  sendComment(message: Uint8Array): void {
    if (this.#outlet.backlog === 0) this.#send(message);
  }

  end(): void {
    if (!this.#hasEnded) this.#outlet.end();
    this.#hasEnded = true;
  }

  #send(message: Uint8Array): void {
    if (!this.#hasEnded) this.#outlet.write(message);
  }
}

function statusMessage(view: unknown): Uint8Array {
  return ENCODER.encode(`event: status\ndata: ${JSON.stringify(view)}\n\n`);
}

function eventMessage(event: WeirEvent): Uint8Array {
  return ENCODER.encode(`id: ${event.id}\nevent: event\ndata: ${JSON.stringify(event)}\n\n`);
}
