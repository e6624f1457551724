import { encodeSockaddr, SockaddrBuffer } from "../../lib/engine/native/sockaddr.ts";
import {
  AF_INET,
  MSG_NOSIGNAL,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../lib/engine/native/constants.ts";
import { type Libc, openLibc } from "../../lib/engine/native/libc.ts";
import { unacknowledgedBytes } from "../../lib/engine/native/send_queue.ts";
import { eventually, pause } from "./patience.ts";

const MSG_DONTWAIT = 0x40;
const PIECE_BYTES = 256 * 1024;

/**
 * One end of a connection that knows what the other side's kernel has acknowledged, and breaks the
 * connection off after that (Linux). It reads nothing.
 */
export class BreakingSender implements Disposable {
  readonly #libc: Libc;
  #descriptor: number;

  private constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
  }

  /** Connects to a port. */
  static connect(port: number): BreakingSender {
    const libc = openLibc();
    const descriptor = libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const address = encodeSockaddr({ hostname: "127.0.0.1", port });
    if (libc.connect(descriptor, address, address.length) !== 0) {
      throw new Error(`Could not connect: errno ${libc.errno()}`);
    }
    return new BreakingSender(libc, descriptor);
  }

  /** Sends all of it, and waits until it has been acknowledged. */
  async deliver(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      const piece = bytes.subarray(sent, sent + PIECE_BYTES);
      const flags = MSG_NOSIGNAL | MSG_DONTWAIT;
      const taken = this.#libc.send(this.#descriptor, piece, piece.length, flags);
      if (taken > 0) sent += taken;
      else await pause(1);
    }
    await eventually(
      "everything is acknowledged",
      () => unacknowledgedBytes(this.#libc, this.#descriptor) === 0,
    );
  }

  /** Waits until something has come, which is never read: so the close resets the connection. */
  async break(): Promise<void> {
    const MSG_PEEK = 0x2;
    const byte = new Uint8Array(1);
    await eventually("something is unread", () => {
      return this.#libc.recv(this.#descriptor, byte, 1, MSG_PEEK | MSG_DONTWAIT) === 1;
    });
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#descriptor < 0) return;
    this.#libc.close(this.#descriptor);
    this.#descriptor = -1;
  }

  /** @internal for {@linkcode BreakingBackend} */
  static of(libc: Libc, descriptor: number): BreakingSender {
    return new BreakingSender(libc, descriptor);
  }
}

/** A backend whose connections are {@linkcode BreakingSender}s (Linux). */
export class BreakingBackend implements Disposable {
  readonly #libc: Libc = openLibc();
  readonly #listener: number;
  readonly port: number;

  constructor(port: number) {
    const libc = this.#libc;
    this.port = port;
    this.#listener = libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    libc.setsockopt(this.#listener, SOL_SOCKET, SO_REUSEADDR, Int32Array.of(1), 4);
    const address = encodeSockaddr({ hostname: "127.0.0.1", port });
    if (libc.bind(this.#listener, address, address.length) !== 0) {
      throw new Error(`Could not bind: errno ${libc.errno()}`);
    }
    libc.listen(this.#listener, 16);
  }

  /** The next connection. */
  async next(): Promise<BreakingSender> {
    const peer = new SockaddrBuffer();
    let descriptor = -1;
    await eventually("a connection comes", () => {
      const { bytes, length } = peer.prepare();
      descriptor = this.#libc.accept4(this.#listener, bytes, length, SOCK_CLOEXEC);
      return descriptor >= 0;
    });
    return BreakingSender.of(this.#libc, descriptor);
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#listener);
  }
}
