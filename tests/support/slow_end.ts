import {
  AF_INET,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../lib/engine/native/constants.ts";
import { ERRNO } from "../../lib/engine/native/errno.ts";
import { type Libc, openLibc } from "../../lib/engine/native/libc.ts";
import { encodeSockaddr } from "../../lib/engine/native/sockaddr.ts";
import type { Ending } from "./socket_end.ts";
import { pause } from "./patience.ts";

const SO_RCVBUF = 8;
const MSG_DONTWAIT = 0x40;
const READ_BYTES = 64 * 1024;

/** A client with a small receive buffer that reads no more than it is told to (Linux). */
export class SlowEnd implements Disposable {
  readonly #libc: Libc = openLibc();
  readonly #descriptor: number;
  readonly #buffer = new Uint8Array(READ_BYTES);
  /** How reading came to its end, once it has. */
  ending: Ending | undefined;
  receivedBytes = 0;
  /** The sum of what was received, modulo 2^32: enough to tell bytes that are missing or wrong. */
  sum = 0;

  /** @param bufferBytes what the kernel is asked to keep for it at most */
  constructor(port: number, bufferBytes: number) {
    const libc = this.#libc;
    this.#descriptor = libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    libc.setsockopt(this.#descriptor, SOL_SOCKET, SO_RCVBUF, Int32Array.of(bufferBytes), 4);
    const address = encodeSockaddr({ hostname: "127.0.0.1", port });
    if (libc.connect(this.#descriptor, address, address.length) !== 0) {
      throw new Error(`Could not connect: errno ${libc.errno()}`);
    }
  }

  /** Reads so many bytes, or up to the end. */
  async read(length: number): Promise<void> {
    const untilBytes = this.receivedBytes + length;
    while (this.ending === undefined && this.receivedBytes < untilBytes) {
      // A blocking read would hold up the backend, which lives in this thread.
      if (!this.#readSome(untilBytes - this.receivedBytes)) await pause(1);
    }
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#descriptor);
  }

  /** Tells whether there was something to read. */
  #readSome(most: number): boolean {
    const bytes = this.#buffer;
    const wanted = Math.min(most, bytes.length);
    const length = this.#libc.recv(this.#descriptor, bytes, wanted, MSG_DONTWAIT);
    if (length < 0) {
      if (this.#libc.errno() === ERRNO.EAGAIN) return false;
      this.ending = "reset";
    } else if (length === 0) this.ending = "end";
    for (let at = 0; at < length; at++) this.sum = (this.sum + (bytes[at] as number)) | 0;
    this.receivedBytes += Math.max(length, 0);
    return true;
  }
}
