import { messageOf } from "../../lib/base/message_of.ts";
import { pause } from "./patience.ts";
import { SocketEnd } from "./socket_end.ts";

/** How often due clients are started. */
const TICK_MS = 5;
/** The most clients at once; beyond that, the rest comes later. */
const MOST_AT_ONCE = 2_000;

/** The outcome of one client. */
export interface ClientOutcome {
  /** Which client of the load it was, from 0 on. */
  readonly index: number;
  /** The client's own port; 0 if it could not even connect. */
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Why the client did not get what it wanted; absent if it did. */
  readonly problem?: string;
}

/** What a client does once it is connected; throws if it does not get what it wants. */
export type ClientConduct = (client: SocketEnd, index: number) => Promise<void>;

/** Asks for an echo, checks that it is its own, and ends the connection cleanly. */
export async function askForEcho(client: SocketEnd, index: number): Promise<void> {
  const question = `question ${index} ${"?".repeat(index % 200)}`;
  await client.send(`echo\n${question}`);
  const answer = await client.readText(question.length);
  if (answer !== question) throw new Error(`Got the answer "${answer}"`);
  await client.finish();
  const rest = await client.readAllText();
  if (rest !== "") throw new Error(`Got "${rest}" after the answer`);
}

/** Clients that come at an even rate, however the earlier ones fare. */
export class Load {
  readonly #port: number;
  readonly #ratePerSecond: number;
  readonly #conduct: ClientConduct;
  readonly #running = new Set<Promise<void>>();
  readonly #onOutcome: (outcome: ClientOutcome) => void;
  #stopped = false;
  readonly #starting: Promise<void>;
  readonly #failed: ClientOutcome[] = [];
  #started = 0;
  #succeeded = 0;

  /**
   * Starts at once.
   *
   * @param port where the clients connect to
   * @param onOutcome called with the outcome of each
   */
  constructor(
    port: number,
    ratePerSecond: number,
    conduct: ClientConduct = askForEcho,
    onOutcome: (outcome: ClientOutcome) => void = () => {},
  ) {
    this.#port = port;
    this.#ratePerSecond = ratePerSecond;
    this.#conduct = conduct;
    this.#onOutcome = onOutcome;
    this.#starting = this.#start();
  }

  get started(): number {
    return this.#started;
  }

  get succeeded(): number {
    return this.#succeeded;
  }

  /** Those that did not get what they wanted. */
  get failed(): readonly ClientOutcome[] {
    return this.#failed;
  }

  /** Starts no more clients, and waits for the active ones. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#starting;
    await Promise.all(this.#running);
  }

  async #start(): Promise<void> {
    const startMs = performance.now();
    let skipped = 0;
    while (!this.#stopped) {
      const due = Math.floor((performance.now() - startMs) * this.#ratePerSecond / 1000);
      while (this.#started + skipped < due) {
        if (this.#running.size >= MOST_AT_ONCE) skipped++;
        else this.#begin(this.#started++);
      }
      await pause(TICK_MS);
    }
  }

  #begin(index: number): void {
    const running = this.#run(index);
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
  }

  async #run(index: number): Promise<void> {
    const startedAtMs = Date.now();
    let port = 0;
    let problem: string | undefined;
    try {
      using client = await SocketEnd.connect(this.#port);
      port = client.port;
      await this.#conduct(client, index);
    } catch (error) {
      problem = messageOf(error);
    }
    const outcome = {
      ...{ index, port, startedAtMs, endedAtMs: Date.now() },
      ...(problem === undefined ? {} : { problem }),
    };
    if (problem === undefined) this.#succeeded++;
    else this.#failed.push(outcome);
    this.#onOutcome(outcome);
  }
}
