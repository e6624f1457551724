import type { Side } from "../session_life.ts";
import type { Pipe } from "./pipe_pool.ts";

/** Stands where there is no descriptor. */
export const NO_DESCRIPTOR = -1;

/**
 * One direction of a session, and how far it has come.
 *
 * Ownership: the descriptors are the session's; a pipe is the flow's while it holds bytes.
 */
export class Flow {
  readonly from: Side;
  readonly to: Side;
  /** What is read from, and what is written to. */
  source = NO_DESCRIPTOR;
  sink = NO_DESCRIPTOR;
  /** Bytes that the sink has taken. */
  bytes = 0;
  /** Whether nothing more is moved this way. */
  isOver = false;
  /** Whether nothing more is read: what was read already is still written. */
  isStopped = false;
  /** Of `bytes`, how many the other side had acknowledged when that was looked at last. */
  acknowledged = 0;
  /** What `bytes` was then. */
  bytesAtLook = 0;
  /** Bytes that were read and that the sink has not taken yet, from `pendingAt` on. */
  pending: Uint8Array<ArrayBuffer> | undefined;
  pendingAt = 0;
  /** Bytes in a row that came in large pieces. */
  bulkBytes = 0;
  /** Small pieces in a row, of a flow that is spliced. */
  smallPieces = 0;
  /**
   * Whether the source has sent urgent data (TCP's out-of-band byte). Reading passes over it; a
   * splice stops in front of it for good.
   */
  hasUrgent = false;
  /** Holds bytes that the sink has not taken yet. */
  pipe: Pipe | undefined;

  constructor(from: Side, to: Side) {
    this.from = from;
    this.to = to;
  }

  /** Whether the sink has to take something before more is read. */
  get isBlocked(): boolean {
    return this.pending !== undefined || this.pipe !== undefined;
  }
}
