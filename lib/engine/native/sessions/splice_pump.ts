import { SPLICE_F_MOVE, SPLICE_F_NONBLOCK } from "../libc/constants.ts";
import { ERRNO, isLocalFault } from "../libc/errno.ts";
import type { Libc } from "../libc/libc.ts";
import { type Flow, MOVED, type Moved } from "./flow.ts";
import type { Pipe, PipePool } from "./pipe_pool.ts";

const FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
/** Pieces of one flow before others have their turn. */
const MOST_PIECES = 8;
/** For pieces below this size reading and writing is cheaper. */
const SMALL_PIECE = 4096;
/** After this many small pieces in a row, a flow is no longer bulk. */
const MOST_SMALL_PIECES = 8;

/**
 * Moves bytes from one socket to another through a pipe, without copying them: the kernel passes
 * its pages on (splice(2)).
 *
 * The pipe is empty whenever the source is read. So `EAGAIN` from the source means that it has
 * nothing for now; with bytes in the pipe, it could also mean that the pipe is full. A flow has a
 * pipe only while there are bytes in it, so quiet sessions have none. Where the source seems to
 * have ended, the flow goes back to reading, which can tell.
 */
export class SplicePump {
  readonly #libc: Libc;
  readonly #pipes: PipePool;
  #possible = true;

  constructor(libc: Libc, pipes: PipePool) {
    this.#libc = libc;
    this.#pipes = pipes;
  }

  /** False once the kernel has refused to splice these sockets. */
  get isPossible(): boolean {
    return this.#possible;
  }

  /**
   * Moves what is available. Returns `unfinished` if the flow should be read and written from now
   * on.
   */
  move(flow: Flow): Moved {
    const pipe = flow.pipe ?? this.#pipes.take();
    if (pipe === undefined) {
      flow.bulkBytes = 0;
      return MOVED.unfinished;
    }
    flow.pipe = pipe;
    const moved = this.#moveThrough(pipe, flow);
    if (moved !== MOVED.blocked) {
      flow.pipe = undefined;
      this.#pipes.give(pipe);
    }
    return moved;
  }

  #moveThrough(pipe: Pipe, flow: Flow): Moved {
    for (let pieces = 0; pieces < MOST_PIECES; pieces++) {
      const emptied = pipe.held === 0 ? MOVED.drained : this.#empty(pipe, flow);
      if (emptied !== MOVED.drained) return emptied;
      if (flow.isStopped) return MOVED.ended;
      if (flow.hasUrgent) return MOVED.unfinished;
      const length = this.#libc.splice(flow.source, null, pipe.input, null, pipe.size, FLAGS);
      if (length > 0) {
        pipe.held = length;
        this.#weigh(flow, length);
        if (flow.bulkBytes === 0) break;
      } else if (length === 0) {
        // The end, or an urgent byte before more data: only reading tells them apart.
        flow.bulkBytes = 0;
        return MOVED.unfinished;
      } else {
        const errno = this.#libc.errno();
        if (errno === ERRNO.EAGAIN) return MOVED.drained;
        if (errno === ERRNO.EINVAL) {
          this.#possible = false;
          flow.bulkBytes = 0;
          return MOVED.unfinished;
        }
        if (isLocalFault(errno)) return MOVED.outOfResources;
        if (errno !== ERRNO.EINTR) return MOVED.readFailed;
      }
    }
    const emptied = pipe.held === 0 ? MOVED.drained : this.#empty(pipe, flow);
    return emptied === MOVED.drained ? MOVED.unfinished : emptied;
  }

  /** Writes what is in the pipe, until it is empty or the sink takes no more. */
  #empty(pipe: Pipe, flow: Flow): Moved {
    while (pipe.held > 0) {
      const length = this.#libc.splice(pipe.output, null, flow.sink, null, pipe.held, FLAGS);
      if (length > 0) {
        pipe.held -= length;
        flow.bytes += length;
      } else {
        const errno = length === 0 ? ERRNO.EPIPE : this.#libc.errno();
        if (errno === ERRNO.EAGAIN) return MOVED.blocked;
        if (isLocalFault(errno)) return MOVED.outOfResources;
        if (errno !== ERRNO.EINTR) return MOVED.writeFailed;
      }
    }
    return MOVED.drained;
  }

  /** Records a piece's size. */
  #weigh(flow: Flow, length: number): void {
    flow.smallPieces = length < SMALL_PIECE ? flow.smallPieces + 1 : 0;
    if (flow.smallPieces < MOST_SMALL_PIECES) return;
    flow.smallPieces = 0;
    flow.bulkBytes = 0;
  }
}
