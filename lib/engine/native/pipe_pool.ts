import { F_GETPIPE_SZ, F_SETPIPE_SZ, O_CLOEXEC, O_NONBLOCK } from "./constants.ts";
import type { Libc } from "./libc.ts";

/**
 * What a pipe is asked to hold. More is hardly faster, and would be held for every client that is
 * slow to take its bytes.
 */
const PIPE_BYTES = 512 * 1024;
/** A pipe that holds less is no gain: the kernel grants so little to a user who has many of them. */
const FEWEST_PIPE_BYTES = 32 * 1024;
/** More empty pipes than this are closed. */
const MOST_IDLE_PIPES = 32;
/**
 * Pipes that a worker has at once, each of two descriptors: a flow holds one for as long as its sink
 * takes nothing, and stalled downloads are not to use up what sessions need. Beyond it, bulk is
 * copied.
 */
export const MOST_PIPES = 256;

/** A pipe that bytes are spliced through. */
export interface Pipe {
  readonly input: number;
  readonly output: number;
  /** What it holds at most, as the kernel says: it may grant less than was asked for. */
  readonly size: number;
  /** Bytes in it now. */
  held: number;
}

/**
 * Pipes for all sessions of a worker: making one costs three system calls.
 *
 * Ownership: a pipe belongs to whoever took it until it is given back; then to the pool, which closes
 * it, at once where there are bytes in it.
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
   * Gives an empty pipe; none where all are in use, the process has no descriptors left, or the
   * kernel no room.
   */
  take(): Pipe | undefined {
    return this.#idle.pop() ?? (this.#open < MOST_PIPES ? this.#make() : undefined);
  }

  /** Takes a pipe back. */
  give(pipe: Pipe): void {
    if (pipe.held === 0 && this.#idle.length < MOST_IDLE_PIPES) this.#idle.push(pipe);
    else this.#close(pipe);
  }

  /** Closes the pipes that nobody has; gives how many. */
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

  /** What the pipe holds from now on, which is what counts, and not what was asked for. */
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
