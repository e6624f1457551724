import { LatencyHistogram } from "./latency_histogram.ts";
import { readBytes, writeAll } from "./transfer.ts";
import {
  type BulkOrder,
  type Endpoint,
  EXCHANGE_BYTES,
  type Limits,
  type Order,
  type Outcome,
  PIECE_BYTES,
} from "./wire.ts";

/** How long after its duration an order is cut off, in case a proxy has stopped answering. */
const GRACE_MS = 15_000;
const HOLD_LIMIT_MS = 60_000;
const HOLD_PARALLEL = 32;
const MAX_ERRORS = 100;
const BULK_BUFFER_BYTES = 256 * 1024;

/**
 * Generates the traffic. One order at a time; every order ends by itself, by count and by time, and
 * closes all its connections except the ones that `hold` keeps.
 */
export class Generator {
  readonly #held: Deno.Conn[] = [];

  /** Carries out an order. Failures of single connections are counted, not thrown. */
  async run(order: Order): Promise<Outcome> {
    switch (order.kind) {
      case "connections":
        return await new Run(order).go(connectAgainAndAgain);
      case "requests":
        return await new Run(order).go(exchangeOnOneConnection);
      case "download":
      case "upload":
        return await new Run(order).go((run) => movePieces(run, order.kind));
      case "hold":
        return await this.#hold(order.endpoint, order.count);
      case "release":
        return await this.#release();
    }
  }

  async #hold(endpoint: Endpoint, count: number): Promise<Outcome> {
    const limits = { endpoint, parallel: HOLD_PARALLEL, durationMs: HOLD_LIMIT_MS };
    return await new Run({ ...limits, maxUnits: count }).go(async (run) => {
      const bytes = new Uint8Array(EXCHANGE_BYTES);
      while (run.takeUnit()) {
        await run.attempt(async () => {
          const conn = await run.connect();
          await writeAll(conn, bytes);
          await readBytes(conn, bytes, EXCHANGE_BYTES);
          run.keep(conn);
          this.#held.push(conn);
        });
      }
    });
  }

  async #release(): Promise<Outcome> {
    const limits = { endpoint: { hostname: "", port: 0 }, parallel: 1, durationMs: 0 };
    const outcome = await new Run({ ...limits, maxUnits: 0 }).go(() => Promise.resolve());
    for (const conn of this.#held.splice(0)) conn.close();
    return outcome;
  }
}

/** One order in progress: its limits, its connections and its counts. */
class Run {
  readonly #limits: Limits;
  readonly #open = new Set<Deno.Conn>();
  readonly #latencies = new LatencyHistogram();
  #taken = 0;
  #units = 0;
  #errors = 0;
  #firstError = "";
  #cutOff = false;
  #deadline = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  async go(lane: (run: Run) => Promise<void>): Promise<Outcome> {
    const { durationMs, parallel } = this.#limits;
    const start = performance.now();
    this.#deadline = start + durationMs;
    const timer = setTimeout(() => this.#cut(), durationMs + GRACE_MS);
    await Promise.all(Array.from({ length: parallel }, () => lane(this)));
    clearTimeout(timer);
    const elapsedMs = performance.now() - start;
    for (const conn of this.#open) this.close(conn);
    return {
      units: this.#units,
      errors: this.#errors,
      firstError: this.#firstError,
      elapsedMs,
      p50Us: this.#latencies.quantile(0.5),
      p99Us: this.#latencies.quantile(0.99),
      p999Us: this.#latencies.quantile(0.999),
    };
  }

  /** Returns whether another unit may start, and counts it. */
  takeUnit(): boolean {
    if (this.#cutOff || this.#errors >= MAX_ERRORS) return false;
    if (this.#taken >= this.#limits.maxUnits || performance.now() >= this.#deadline) return false;
    this.#taken += 1;
    return true;
  }

  /** Runs one unit, and counts it with its latency or as an error. Returns whether it succeeded. */
  async attempt(unit: () => Promise<void>): Promise<boolean> {
    const start = performance.now();
    try {
      await unit();
      this.#latencies.record((performance.now() - start) * 1000);
      this.#units += 1;
      return true;
    } catch (error) {
      this.#errors += 1;
      if (this.#errors === 1) this.#firstError = String(error);
      return false;
    }
  }

  async connect(): Promise<Deno.Conn> {
    const conn = await Deno.connect(this.#limits.endpoint);
    this.#open.add(conn);
    conn.setNoDelay(true);
    return conn;
  }

  /** Hands an open connection over to the caller. */
  keep(conn: Deno.Conn): void {
    this.#open.delete(conn);
  }

  close(conn: Deno.Conn): void {
    if (this.#open.delete(conn)) conn.close();
  }

  #cut(): void {
    this.#cutOff = true;
    for (const conn of this.#open) this.close(conn);
  }
}

async function connectAgainAndAgain(run: Run): Promise<void> {
  const bytes = new Uint8Array(EXCHANGE_BYTES);
  let conn: Deno.Conn | undefined;
  const unit = async () => {
    conn = await run.connect();
    await writeAll(conn, bytes);
    await readBytes(conn, bytes, EXCHANGE_BYTES);
    run.close(conn);
  };
  while (run.takeUnit()) {
    const succeeded = await run.attempt(unit);
    if (!succeeded && conn !== undefined) run.close(conn);
  }
}

async function exchangeOnOneConnection(run: Run): Promise<void> {
  const bytes = new Uint8Array(EXCHANGE_BYTES);
  let conn: Deno.Conn | undefined;
  const unit = async () => {
    conn ??= await run.connect();
    await writeAll(conn, bytes);
    await readBytes(conn, bytes, EXCHANGE_BYTES);
  };
  while (run.takeUnit()) {
    if (await run.attempt(unit) || conn === undefined) continue;
    run.close(conn);
    conn = undefined;
  }
}

async function movePieces(run: Run, direction: BulkOrder["kind"]): Promise<void> {
  const buffer = new Uint8Array(BULK_BUFFER_BYTES);
  const one = new Uint8Array(1);
  let conn: Deno.Conn | undefined;
  const unit = async () => {
    conn ??= await run.connect();
    if (direction === "download") {
      await writeAll(conn, one);
      await readBytes(conn, buffer, PIECE_BYTES);
      return;
    }
    for (let sent = 0; sent < PIECE_BYTES; sent += buffer.length) await writeAll(conn, buffer);
    await readBytes(conn, one, 1);
  };
  while (run.takeUnit()) {
    if (await run.attempt(unit) || conn === undefined) continue;
    run.close(conn);
    conn = undefined;
  }
}
