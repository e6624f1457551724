import {
  AF_INET,
  MSG_NOSIGNAL,
  SHUT_WR,
  SOCK_CLOEXEC,
  SOCK_STREAM,
} from "../../lib/engine/native/libc/constants.ts";
import { type Libc, openLibc } from "../../lib/engine/native/libc/libc.ts";
import { encodeSockaddr } from "../../lib/engine/native/libc/sockaddr.ts";
import { pause } from "./patience.ts";

const MSG_OOB = 1;
const MSG_DONTWAIT = 0x40;

/** A client that can send urgent data, which Deno's own sockets cannot. */
export class UrgentEnd implements Disposable {
  readonly #libc: Libc = openLibc();
  readonly #descriptor: number;

  private constructor(port: number) {
    this.#descriptor = this.#libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const address = encodeSockaddr({ hostname: "127.0.0.1", port });
    if (this.#libc.connect(this.#descriptor, address, address.length) !== 0) {
      throw new Error(`Could not connect: errno ${this.#libc.errno()}`);
    }
  }

  static connect(port: number): UrgentEnd {
    return new UrgentEnd(port);
  }

  /** Sends text in the ordinary way. */
  send(text: string): void {
    this.#send(text, MSG_NOSIGNAL);
  }

  /** Sends text whose last byte is urgent. */
  sendUrgently(text: string): void {
    this.#send(text, MSG_NOSIGNAL | MSG_OOB);
  }

  /** Shuts down the write side. */
  finish(): void {
    this.#libc.shutdown(this.#descriptor, SHUT_WR);
  }

  /** Reads to the end. */
  async readAllText(): Promise<string> {
    const buffer = new Uint8Array(4096);
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const length = this.#libc.recv(this.#descriptor, buffer, buffer.length, MSG_DONTWAIT);
      if (length === 0) return text;
      if (length > 0) text += decoder.decode(buffer.subarray(0, length));
      // A blocking read would hold up the backend, which lives in this thread.
      else await pause(1);
    }
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#descriptor);
  }

  #send(text: string, flags: number): void {
    const bytes = new TextEncoder().encode(text);
    const sent = this.#libc.send(this.#descriptor, bytes, bytes.length, flags);
    if (sent !== bytes.length) throw new Error(`Could not send: errno ${this.#libc.errno()}`);
  }
}
