/** Clients that keep coming and going, for tests of what Weir shows under load. */
import { pause } from "./patience.ts";

/** Keeps visiting a port, one session after another, until closed. */
export class Visitors implements AsyncDisposable {
  readonly #port: number;
  readonly #visiting: Promise<unknown>;
  #isOpen = true;
  /** Visits that succeeded. */
  served = 0;
  /** Visits that failed. */
  failed = 0;

  /**
   * @param count how many visitors there are at the same time
   * @param pauseMs how long each waits between two visits
   */
  constructor(port: number, count = 4, pauseMs = 10) {
    this.#port = port;
    this.#visiting = Promise.all(Array.from({ length: count }, () => this.#visit(pauseMs)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    await this.#visiting;
  }

  async #visit(pauseMs: number): Promise<void> {
    const sent = new TextEncoder().encode("hello");
    while (this.#isOpen) {
      try {
        using conn = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
        await conn.write(sent);
        const received = await conn.read(new Uint8Array(64));
        if (received === sent.length) this.served++;
        else this.failed++;
      } catch {
        this.failed++;
      }
      await pause(pauseMs);
    }
  }
}
