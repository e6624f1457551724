import type { BackendSettings } from "../config/settings.ts";
import type { Ledger, Outcome } from "./ledger.ts";

/**
 * A backend taken for a session.
 *
 * Invariant: it ends exactly once. What is known about a backend's load and failures follows from
 * leases alone, so one that never ends would keep its place forever.
 */
export class Lease {
  readonly backend: BackendSettings;
  /** The backend's row in the shared state: its identity even if a reload renumbers the pool. */
  readonly row: number;
  readonly #ledger: Ledger;
  #onTrial: boolean;
  #hasAnswered = false;
  #ended = false;

  /** Created by a pool, which has already taken the place in the ledger. */
  constructor(ledger: Ledger, backend: BackendSettings, row: number, onTrial: boolean) {
    this.#ledger = ledger;
    this.#onTrial = onTrial;
    this.backend = backend;
    this.row = row;
  }

  /** Whether this session is a backend's trial after an ejection and has no result yet. */
  get isOnTrial(): boolean {
    return this.#onTrial && !this.#hasAnswered;
  }

  /** Records that the backend is connected, and how long that took. */
  connected(connectTimeMs: number): void {
    this.#ledger.connected(this.row, connectTimeMs);
  }

  /** Records how long the backend's first byte took. */
  sentFirstByte(timeMs: number): void {
    this.#ledger.sentFirstByte(this.row, timeMs);
  }

  /** Records that the session ended after waiting this long for the backend's first byte. */
  sentNothing(waitedMs: number): void {
    this.#ledger.sentNothing(this.row, waitedMs);
  }

  /** Counts bytes delivered since the last call. */
  moved(bytesIn: number, bytesOut: number): void {
    if (bytesOut > 0 && !this.#hasAnswered) {
      this.#hasAnswered = true;
      this.#ledger.answered(this.row, this.#onTrial);
    }
    this.#ledger.moved(this.row, bytesIn, bytesOut);
  }

  /** Records that the backend has passed its trial without having sent a byte. */
  stoodTrial(): void {
    this.#ledger.answered(this.row, this.#onTrial);
    this.#onTrial = false;
  }

  /** Releases the place. Throws an `Error` if it was released before. */
  end(outcome: Outcome): void {
    if (this.#ended) throw new Error(`The lease of "${this.backend.name}" has ended already`);
    this.#ended = true;
    this.#ledger.ended(this.row, outcome, this.#onTrial, this.#hasAnswered);
  }
}
