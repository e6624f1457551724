import type { Side } from "../../session_life.ts";
import type { Pipe } from "./pipe_pool.ts";

/** The absence of a descriptor. */
export const NO_DESCRIPTOR = -1;

/**
 * One direction of a session, and its progress.
 *
 * Ownership: the descriptors belong to the session; a pipe belongs to the flow while it holds
 * bytes.
 */
export class Flow {
  readonly from: Side;
  readonly to: Side;
  /** The descriptor that is read from; `sink` is written to. */
  source = NO_DESCRIPTOR;
  sink = NO_DESCRIPTOR;
  /** Bytes that the sink has taken. */
  bytes = 0;
  /** Whether nothing more is moved in this direction. */
  isOver = false;
  /** Whether nothing more is read: what was read already is still written. */
  isStopped = false;
  /** How many of `bytes` the other side had acknowledged at the last look. */
  acknowledged = 0;
  /** The value of `bytes` at that look. */
  bytesAtLook = 0;
  /** Bytes that were read and that the sink has not taken yet, from `pendingAt` on. */
  pending: Uint8Array<ArrayBuffer> | undefined;
  pendingAt = 0;
  /** Consecutive bytes that came in large pieces. */
  bulkBytes = 0;
  /** Consecutive small pieces of a spliced flow. */
  smallPieces = 0;
  /**
   * Whether the source has sent urgent data (TCP's out-of-band byte). Reading skips it; a splice
   * stops before it for good.
   */
  hasUrgent = false;
  /** Holds bytes that the sink has not taken yet. */
  pipe: Pipe | undefined;

  constructor(from: Side, to: Side) {
    this.from = from;
    this.to = to;
  }

  /** Whether the sink must take something before more is read. */
  get isBlocked(): boolean {
    return this.pending !== undefined || this.pipe !== undefined;
  }
}

/** How far a flow was moved. */
export const MOVED = {
  /** The source has nothing more for now. */
  drained: 0,
  /** The sink takes nothing more for now. */
  blocked: 1,
  /** There is more; others get their turn first. */
  unfinished: 2,
  /** The source has ended or the flow was stopped, and the sink has everything that was read. */
  ended: 3,
  /** The source is broken, and the sink has everything that was read. */
  readFailed: 4,
  /** The sink is broken. */
  writeFailed: 5,
  /** This machine has run out of a resource. */
  outOfResources: 6,
} as const;
export type Moved = typeof MOVED[keyof typeof MOVED];
