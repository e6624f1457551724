import { F_GETPIPE_SZ, F_SETPIPE_SZ, O_CLOEXEC, O_NONBLOCK } from "../libc/constants.ts";
import type { Libc } from "../libc/libc.ts";

/**
 * The requested capacity of a pipe. More is hardly faster, and would be occupied for every slow
 * client.
 */
const PIPE_BYTES = 512 * 1024;
/** A pipe that holds less is no gain: the kernel grants this little to a user with many pipes. */
const FEWEST_PIPE_BYTES = 32 * 1024;
/** More empty pipes than this are closed. */
const MOST_IDLE_PIPES = 32;
/**
 * The most pipes of a worker at once, each of two descriptors: a flow holds one for as long as its
 * sink takes nothing, and stalled downloads must not use up the descriptors that sessions need.
 * Beyond it, bulk data is copied.
 */
export const MOST_PIPES = 256;

/** A pipe that bytes are spliced through. */
export interface Pipe {
  readonly input: number;
  readonly output: number;
  /** Its capacity as reported by the kernel, which may grant less than requested. */
  readonly size: number;
  /** Bytes in it now. */
  held: number;
}

/**
 * Pipes for all sessions of a worker: creating one takes three system calls.
 *
 * Ownership: a pipe belongs to its taker until it is given back; then to the pool, which closes it,
 * at once if there are bytes in it.
 */
export class PipePool {
  readonly #libc: Libc;
  readonly #idle: Pipe[] = [];
  readonly #pair = new Int32Array(2);
  #open = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /**
   * Returns an empty pipe; `undefined` if all are in use, the process has no descriptors left, or
   * the kernel has no room.
   */
  take(): Pipe | undefined {
    return this.#idle.pop() ?? (this.#open < MOST_PIPES ? this.#make() : undefined);
  }

  /** Takes a pipe back. */
  give(pipe: Pipe): void {
    if (pipe.held === 0 && this.#idle.length < MOST_IDLE_PIPES) this.#idle.push(pipe);
    else this.#close(pipe);
  }

  /** Closes the idle pipes; returns how many. */
  closeIdle(): number {
    const idle = this.#idle.splice(0);
    for (const pipe of idle) this.#close(pipe);
    return idle.length;
  }

  #make(): Pipe | undefined {
    if (this.#libc.pipe2(this.#pair, O_NONBLOCK | O_CLOEXEC) < 0) return undefined;
    this.#open++;
    const output = this.#pair[0] as number;
    const input = this.#pair[1] as number;
    const size = this.#resize(input);
    const pipe = { input, output, size, held: 0 };
    if (size >= FEWEST_PIPE_BYTES) return pipe;
    this.#close(pipe);
    return undefined;
  }

  /** Returns the pipe's actual capacity, which may differ from the requested one. */
  #resize(input: number): number {
    const granted = this.#libc.fcntl(input, F_SETPIPE_SZ, PIPE_BYTES);
    return granted > 0 ? granted : this.#libc.fcntl(input, F_GETPIPE_SZ, 0);
  }

  #close(pipe: Pipe): void {
    this.#open--;
    this.#libc.close(pipe.input);
    this.#libc.close(pipe.output);
  }
}
