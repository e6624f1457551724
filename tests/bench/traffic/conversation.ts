import { readLines } from "./read_lines.ts";

/** Talks to a child process: JSON, one value per line, in both directions. */
export class Conversation {
  readonly #lines: AsyncGenerator<string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder = new TextEncoder();

  constructor(child: Deno.ChildProcess) {
    this.#lines = readLines(child.stdout);
    this.#writer = child.stdin.getWriter();
  }

  async send(value: unknown): Promise<void> {
    await this.#writer.write(this.#encoder.encode(`${JSON.stringify(value)}\n`));
  }

  /** Waits for the next value; throws if the process has ended instead. */
  async receive<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("The process of the benchmark's traffic has ended");
    return JSON.parse(value) as T;
  }

  /** Closes the process's input, which asks it to end, and what is left of its output. */
  async close(): Promise<void> {
    try {
      await this.#writer.close();
      while ((await this.#lines.next()).done !== true);
    } catch {
      // The process is gone already, and its pipes with it.
    }
  }
}
