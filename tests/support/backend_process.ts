import { freePort } from "./free_ports.ts";
import { within } from "./patience.ts";

const MAIN = new URL("backend_main.ts", import.meta.url);
const CONFIG = new URL("../../deno.json", import.meta.url);

/**
 * A backend in a separate process, which can be stopped, killed, and started again on the same
 * port. `backend_conduct.ts` describes what it does for its clients. Use it with `await using`.
 */
export class BackendProcess implements AsyncDisposable {
  /** Stays reserved for it while it is not running. */
  readonly port: number = freePort();
  #child: Deno.ChildProcess | undefined;

  private constructor() {}

  /** Starts one on a free port. */
  static async start(): Promise<BackendProcess> {
    const backend = new BackendProcess();
    await backend.start();
    return backend;
  }

  /** Starts `count` of them, each on a free port. */
  static startMany(count: number): Promise<BackendProcess[]> {
    return Promise.all(Array.from({ length: count }, () => BackendProcess.start()));
  }

  /** As written in `[mappings]`. */
  get name(): string {
    return `127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Starts the process again after it has ended, and waits until it listens. */
  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error(`The backend ${this.name} is already running`);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--allow-all", "--no-check", "--config", pathOf(CONFIG)],
        ...[pathOf(MAIN), String(this.port)],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#child = child;
    const reader = child.stdout.getReader();
    const { value } = await within("a backend to listen", reader.read());
    await reader.cancel();
    if (!/^listening \d/.test(new TextDecoder().decode(value))) {
      await this.kill();
      throw new Error(`The backend ${this.name} could not be started`);
    }
  }

  /** Lets it finish what it has accepted, including the clients in its queue. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** Ends it at once, with whatever it was doing. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child !== undefined) await this.kill();
  }

  async #end(signal: Deno.Signal): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill(signal);
    await within(`the backend ${this.name} to end`, child.status);
    this.#child = undefined;
  }
}

function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}
