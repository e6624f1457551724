import type { Children } from "../children.ts";
import { Conversation } from "./conversation.ts";
import type { BackendsReady, Order, Outcome } from "./wire.ts";

const GENERATOR = new URL("./generator_process.ts", import.meta.url);
const BACKENDS = new URL("./backend_process.ts", import.meta.url);

/** More than one, so that a proxy has enough local ports besides those in TIME_WAIT. */
const PLAIN_BACKENDS = 4;

/** The processes on both sides of the contestants: the load generator and the backends. */
export class Traffic {
  readonly #children: Children;
  readonly #generator: Conversation;
  readonly #backends: BackendsReady;
  readonly #open: Conversation[];
  #many: BackendsReady | undefined;

  private constructor(
    children: Children,
    generator: Conversation,
    backends: Conversation,
    ready: BackendsReady,
  ) {
    this.#children = children;
    this.#generator = generator;
    this.#backends = ready;
    this.#open = [generator, backends];
  }

  static async start(children: Children): Promise<Traffic> {
    const generator = new Conversation(children.spawnDeno(GENERATOR, []));
    const backends = new Conversation(children.spawnDeno(BACKENDS, [String(PLAIN_BACKENDS)]));
    return new Traffic(children, generator, backends, await backends.receive<BackendsReady>());
  }

  /** Where the plain backends listen. */
  get backends(): BackendsReady {
    return this.#backends;
  }

  /** Starts a process with that many echo addresses, on first use; returns where they listen. */
  async manyBackends(count: number): Promise<BackendsReady> {
    if (this.#many === undefined || this.#many.echo.length < count) {
      const conversation = new Conversation(this.#children.spawnDeno(BACKENDS, [String(count)]));
      this.#open.push(conversation);
      this.#many = await conversation.receive<BackendsReady>();
    }
    return this.#many;
  }

  /** Has the generator carry out an order. */
  async run(order: Order): Promise<Outcome> {
    await this.#generator.send(order);
    return await this.#generator.receive<Outcome>();
  }

  /** Ends the processes by ending their input. */
  async close(): Promise<void> {
    for (const conversation of this.#open) await conversation.close();
  }
}
