import {
  AF_INET,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../lib/engine/native/libc/constants.ts";
import { ERRNO } from "../../lib/engine/native/libc/errno.ts";
import { type Libc, openLibc } from "../../lib/engine/native/libc/libc.ts";
import { resetOnClose, unacknowledgedBytes } from "../../lib/engine/native/libc/send_queue.ts";
import { encodeSockaddr, SockaddrBuffer } from "../../lib/engine/native/libc/sockaddr.ts";
import { pause } from "./patience.ts";
import type { Ending } from "./socket_end.ts";

const SO_RCVBUF = 8;
const MSG_PEEK = 2;
const MSG_DONTWAIT = 0x40;
/** Some seconds' worth. */
const MOST_BUSY_ACCEPTS = 5_000_000;
const READ_BYTES = 64 * 1024;
const ANY_PORT = { hostname: "127.0.0.1", port: 0 };

/**
 * One end of a TCP connection through the C library, which exposes what Deno's sockets do not: how
 * much the kernel buffers for it, and how many of the sent bytes were acknowledged (Linux).
 *
 * It never blocks, as the other end may live in this thread.
 */
export class RawEnd implements Disposable {
  readonly #libc: Libc = openLibc();
  readonly #descriptor: number;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #closed = false;
  /** How reading ended, once it has. */
  ending: Ending | undefined;
  receivedBytes = 0;
  /** See {@linkcode sumOf}. */
  sum = 0;

  /** Takes over a connection's descriptor. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** @param receiveBytes the receive buffer to request from the kernel */
  static connect(port: number, receiveBytes?: number): RawEnd {
    const libc = openLibc();
    const descriptor = openSocket(libc, receiveBytes);
    const address = encodeSockaddr({ hostname: "127.0.0.1", port });
    check(libc, "connect", libc.connect(descriptor, address, address.length));
    return new RawEnd(descriptor);
  }

  /** Sends all of it: waits until the kernel has taken the last byte. */
  async send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    for (let at = 0; at < bytes.length;) {
      const rest = bytes.subarray(at);
      const taken = this.#libc.send(this.#descriptor, rest, rest.length, flags);
      if (taken > 0) at += taken;
      else if (this.#libc.errno() !== ERRNO.EAGAIN) check(this.#libc, "send", taken);
      else await pause(1);
    }
  }

  /** Waits until the other side's kernel has acknowledged all that was sent. */
  async acknowledged(): Promise<void> {
    while (unacknowledgedBytes(this.#libc, this.#descriptor) > 0) await pause(1);
  }

  /** Waits until there is something to read, and leaves it there. */
  async hasUnread(): Promise<void> {
    const one = new Uint8Array(1);
    const flags = MSG_PEEK | MSG_DONTWAIT;
    while (this.#libc.recv(this.#descriptor, one, one.length, flags) !== one.length) await pause(1);
  }

  /** Reads `length` bytes, or up to the end. */
  async read(length: number): Promise<void> {
    const untilBytes = this.receivedBytes + length;
    while (this.ending === undefined && this.receivedBytes < untilBytes) {
      if (!this.#readSome(untilBytes - this.receivedBytes)) await pause(1);
    }
  }

  /** Sends a few bytes and resets the connection, without yielding in between. */
  sayAndReset(bytes: Uint8Array<ArrayBuffer>): void {
    const taken = this.#libc.send(this.#descriptor, bytes, bytes.length, MSG_NOSIGNAL);
    check(this.#libc, "send", taken);
    resetOnClose(this.#libc, this.#descriptor);
    this.close();
  }

  /** Closes the connection. Unread input makes the kernel reset it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#libc.close(this.#descriptor);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Returns whether there was something to read. */
  #readSome(most: number): boolean {
    const bytes = this.#buffer;
    const wanted = Math.min(most, bytes.length);
    const length = this.#libc.recv(this.#descriptor, bytes, wanted, MSG_DONTWAIT);
    if (length < 0) {
      if (this.#libc.errno() === ERRNO.EAGAIN) return false;
      this.ending = "reset";
    } else if (length === 0) this.ending = "end";
    this.sum = sumOf(bytes.subarray(0, Math.max(length, 0)), this.sum);
    this.receivedBytes += Math.max(length, 0);
    return true;
  }
}

/** Accepts {@linkcode RawEnd}s on a free port of 127.0.0.1. */
export class RawListener implements Disposable {
  readonly #libc: Libc = openLibc();
  readonly #descriptor: number;
  readonly #name = new SockaddrBuffer();
  readonly port: number;

  /** @param receiveBytes the receive buffer to request from the kernel for each connection */
  constructor(receiveBytes?: number) {
    const libc = this.#libc;
    this.#descriptor = openSocket(libc, receiveBytes, SOCK_NONBLOCK);
    const address = encodeSockaddr(ANY_PORT);
    check(libc, "bind", libc.bind(this.#descriptor, address, address.length));
    check(libc, "listen", libc.listen(this.#descriptor, 1));
    const { bytes, length } = this.#name.prepare();
    check(libc, "getsockname", libc.getsockname(this.#descriptor, bytes, length));
    this.port = this.#name.read().port;
  }

  /** Returns the next connection, busy-waiting so that nothing else in this thread runs. */
  acceptBusily(): RawEnd {
    for (let attempts = 0; attempts < MOST_BUSY_ACCEPTS; attempts++) {
      const { bytes, length } = this.#name.prepare();
      const descriptor = this.#libc.accept4(this.#descriptor, bytes, length, SOCK_CLOEXEC);
      if (descriptor >= 0) return new RawEnd(descriptor);
    }
    throw new Error("No connection came");
  }

  async accept(): Promise<RawEnd> {
    for (;;) {
      const { bytes, length } = this.#name.prepare();
      const descriptor = this.#libc.accept4(this.#descriptor, bytes, length, SOCK_CLOEXEC);
      if (descriptor >= 0) return new RawEnd(descriptor);
      if (this.#libc.errno() !== ERRNO.EAGAIN) check(this.#libc, "accept4", descriptor);
      await pause(1);
    }
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#descriptor);
  }
}

/**
 * The sum of bytes modulo 2^32, added to that of earlier ones: enough to tell if some are missing.
 */
export function sumOf(bytes: Uint8Array, before = 0): number {
  return bytes.reduce((sum, byte) => (sum + byte) | 0, before);
}

function openSocket(libc: Libc, receiveBytes: number | undefined, flags = 0): number {
  const type = SOCK_STREAM | SOCK_CLOEXEC | flags;
  const descriptor = check(libc, "socket", libc.socket(AF_INET, type, 0));
  if (receiveBytes !== undefined) {
    libc.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, Int32Array.of(receiveBytes), 4);
  }
  return descriptor;
}

function check(libc: Libc, call: string, result: number): number {
  if (result >= 0) return result;
  throw new Error(`Could not ${call}: errno ${libc.errno()}`);
}
