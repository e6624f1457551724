import { within } from "./patience.ts";

const MAIN = new URL("client_main.ts", import.meta.url);
const CONFIG = new URL("../../deno.json", import.meta.url);
/** Thousands of clients on a busy machine take longer than one. */
const PATIENCE_MS = 40_000;

/**
 * Clients in a separate process, so that their sockets do not count against the limit of open files
 * of the process under test. Behind the port there must be a `BackendProcess`, which they ask for
 * an echo. Every method rejects if a client does not get what it must get. Use it with `await
 * using`.
 */
export class ClientProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;

  /** @param port where the clients connect to */
  constructor(port: number) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--allow-all", "--no-check", "--config", pathOf(CONFIG)],
        ...[pathOf(MAIN), String(port)],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#orders = this.#child.stdin.getWriter();
    this.#answers = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /**
   * Connects `count` more clients, checks that each gets its echo, and keeps them all connected.
   */
  async open(count: number): Promise<void> {
    await this.#order(`open ${count}`);
  }

  /** Has every client send its own text, all at once, and wait for it to come back. */
  async ping(word: string): Promise<void> {
    await this.#order(`ping ${word}`);
  }

  /** Has every client end its connection cleanly, and wait for the other side's end. */
  async finish(): Promise<void> {
    await this.#order("finish");
  }

  /** Ends the process, and with it the clients that are still connected. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has just ended by itself.
    }
    await Promise.allSettled([this.#orders.close(), this.#answers.cancel()]);
    await within("the clients' process to end", this.#child.status);
  }

  async #order(line: string): Promise<void> {
    await this.#orders.write(new TextEncoder().encode(`${line}\n`));
    let answer = "";
    while (!answer.endsWith("\n")) {
      const { value } = await within(`the clients to "${line}"`, this.#answers.read(), PATIENCE_MS);
      if (value === undefined) throw new Error(`The clients' process ended before "${line}"`);
      answer += value;
    }
    const { problem } = JSON.parse(answer) as { readonly problem?: string };
    if (problem !== undefined) throw new Error(`A client could not "${line}": ${problem}`);
  }
}

function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}
