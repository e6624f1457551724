import type { Lease } from "../balance/lease.ts";
import type { PoolSettings } from "../config/settings.ts";

/** A sample of 0 would mean that nothing was measured. */
const SHORTEST_MS = 0.001;

/** Starts to time the first byte of a backend that is connected, if the algorithm asks for it. */
export function timeFirstByte(
  { algorithm }: Pick<PoolSettings, "algorithm">,
  lease: Lease | undefined,
  connectedMs: number,
): FirstByteTimer | undefined {
  if (algorithm !== "least_time" || lease === undefined) return undefined;
  return new FirstByteTimer(lease, connectedMs);
}

/**
 * Times how long a backend takes to send its first byte in a session. The time runs from the latest
 * bytes of the client that the backend's connection took before, or from when it was connected if
 * the client had sent nothing: that is what the backend needs, however slowly a client sends.
 *
 * The moments are taken by the relay, where they happen: the counts of bytes are brought up to date
 * only from time to time.
 */
export class FirstByteTimer {
  readonly #lease: Pick<Lease, "sentFirstByte" | "sentNothing">;
  readonly #now: () => number;
  #sinceMs: number;
  /** Bytes from the client that the backend's connection has taken. */
  #bytesIn = 0;
  #isOver = false;

  /**
   * @param connectedMs when the backend was connected
   * @param now milliseconds on the same clock; {@default performance.now}
   */
  constructor(
    lease: Pick<Lease, "sentFirstByte" | "sentNothing">,
    connectedMs: number,
    now: () => number = () => performance.now(),
  ) {
    this.#lease = lease;
    this.#sinceMs = connectedMs;
    this.#now = now;
  }

  /** Call when the backend's connection may have taken bytes; `bytesIn` counts all of them. */
  sent(bytesIn: number): void {
    if (bytesIn === this.#bytesIn) return;
    this.#bytesIn = bytesIn;
    this.#sinceMs = this.#now();
  }

  /** Call once the backend has sent something. Later calls do nothing. */
  received(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#lease.sentFirstByte(Math.max(this.#now() - this.#sinceMs, SHORTEST_MS));
  }

  /** Call when the session ends, before its lease does. */
  ended(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#bytesIn > 0) this.#lease.sentNothing(this.#now() - this.#sinceMs);
  }
}
