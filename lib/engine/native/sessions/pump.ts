import { MSG_NOSIGNAL } from "../libc/constants.ts";
import { ERRNO, isLocalFault } from "../libc/errno.ts";
import type { Libc } from "../libc/libc.ts";
import { type Flow, MOVED, type Moved } from "./flow.ts";
import { PipePool } from "./pipe_pool.ts";
import { SplicePump } from "./splice_pump.ts";

/** A flow that has moved this much in large pieces is spliced from then on. */
export const BULK_BYTES = 256 * 1024;
/** A piece smaller than this interrupts a run of large ones. */
const SMALL_PIECE = 4096;
/** Reads of one flow before others have their turn. */
const MOST_READS = 16;

/**
 * Moves bytes from one socket to another. All flows of a worker share one buffer, because what was
 * read is written at once; only what the sink does not take is kept per flow.
 */
export class Pump {
  readonly #libc: Libc;
  readonly #pipes: PipePool;
  readonly #splice: SplicePump;
  #buffer = new Uint8Array(0);
  /** The result of the last failed write. */
  #failure: Moved = MOVED.writeFailed;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#pipes = new PipePool(libc);
    this.#splice = new SplicePump(libc, this.#pipes);
  }

  /** Makes sure that `bufferSize` bytes can be read at a time. */
  reserve(bufferSize: number): void {
    if (bufferSize > this.#buffer.length) this.#buffer = new Uint8Array(bufferSize);
  }

  /**
   * Moves what is available; for a stopped flow, only what was read before.
   *
   * @param bufferSize bytes to read at a time; `reserve` has been called for them
   * @param untilEmpty whether to read on after a short read: there may be an end or an error after
   * it that is not reported again
   */
  move(flow: Flow, bufferSize: number, untilEmpty: boolean): Moved {
    if (flow.pipe !== undefined) return this.#splice.move(flow);
    if (flow.pending !== undefined) {
      const flushed = this.#flush(flow);
      if (flushed !== MOVED.drained) return flushed;
    }
    if (flow.isStopped) return MOVED.ended;
    for (let reads = 0; reads < MOST_READS; reads++) {
      if (this.#isToBeSpliced(flow)) return this.#splice.move(flow);
      const length = this.#libc.recv(flow.source, this.#buffer, bufferSize, 0);
      if (length > 0) {
        const written = this.#write(flow, length);
        if (written !== MOVED.drained) return written;
        if (length < bufferSize && !untilEmpty) return MOVED.drained;
      } else if (length === 0) {
        return MOVED.ended;
      } else {
        const errno = this.#libc.errno();
        if (errno === ERRNO.EAGAIN) return MOVED.drained;
        if (isLocalFault(errno)) return MOVED.outOfResources;
        if (errno !== ERRNO.EINTR) return MOVED.readFailed;
      }
    }
    return MOVED.unfinished;
  }

  /** Discards what the sink has not taken. */
  drop(flow: Flow): void {
    flow.pending = undefined;
    if (flow.pipe === undefined) return;
    this.#pipes.give(flow.pipe);
    flow.pipe = undefined;
  }

  /** Closes the pipes that no flow holds; returns how many. */
  closeIdle(): number {
    return this.#pipes.closeIdle();
  }

  #isToBeSpliced(flow: Flow): boolean {
    return flow.bulkBytes >= BULK_BYTES && !flow.hasUrgent && this.#splice.isPossible;
  }

  /** Writes the buffer's first bytes, and keeps those that the sink does not take. */
  #write(flow: Flow, length: number): Moved {
    flow.bulkBytes = length < SMALL_PIECE ? 0 : flow.bulkBytes + length;
    const written = this.#send(flow, this.#buffer, length);
    if (written === length) return MOVED.drained;
    if (written < 0) return this.#failure;
    flow.pending = this.#buffer.slice(written, length);
    flow.pendingAt = 0;
    return MOVED.blocked;
  }

  /** Writes what was kept. */
  #flush(flow: Flow): Moved {
    const pending = flow.pending as Uint8Array<ArrayBuffer>;
    const left = pending.length - flow.pendingAt;
    const written = this.#send(flow, pending.subarray(flow.pendingAt), left);
    if (written < 0) {
      flow.pending = undefined;
      return this.#failure;
    }
    flow.pendingAt += written;
    if (written < left) return MOVED.blocked;
    flow.pending = undefined;
    return MOVED.drained;
  }

  /** Writes bytes until the sink takes no more; returns how many it took, or -1 on failure. */
  #send(flow: Flow, bytes: Uint8Array<ArrayBuffer>, length: number): number {
    let rest = bytes;
    let written = 0;
    for (;;) {
      const taken = this.#libc.send(flow.sink, rest, length - written, MSG_NOSIGNAL);
      if (taken >= 0) {
        flow.bytes += taken;
        written += taken;
        if (written === length) return written;
      } else {
        const errno = this.#libc.errno();
        // Only now is it certain that the kernel reports when there is room again.
        if (errno === ERRNO.EAGAIN) return written;
        if (errno !== ERRNO.EINTR) {
          this.#failure = isLocalFault(errno) ? MOVED.outOfResources : MOVED.writeFailed;
          return -1;
        }
      }
      rest = bytes.subarray(written);
    }
  }
}
