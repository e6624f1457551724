import { formatAddress } from "../base/address.ts";
import type {
  BackendModeName,
  BackendSettings,
  ListenerSettings,
  Settings,
} from "../config/settings.ts";
import type { Generation, ListenerPlan } from "../engine/generation.ts";
import { MODE } from "../state/codes.ts";
import { BackendCell, ListenerCell } from "../state/counters.ts";
import { BACKEND_ROWS, LISTENER_ROWS } from "../state/layout.ts";
import { RowTable } from "../state/row_table.ts";
import type { SharedState } from "../state/shared_state.ts";

/** A weight's unit in the shared state: hundredths, so that a slow start can take small steps. */
export const WEIGHT_UNIT = 100;

/**
 * A row that the generation in force does not need is left alone for so long: a listener that was
 * removed still serves those who wait in its queue, and counts them in its rows.
 */
const RETIREMENT_MS = 2_000;

/** A generation that is thought out, and neither in force nor given up. */
export interface Plan {
  readonly generation: Generation;
  /** Puts into the shared state what the settings say about the backends. */
  apply(): void;
  /** Gives the rows back that only this plan needs. */
  discard(): void;
}

/** What is wanted of a backend. */
export interface Wish {
  readonly weight: number;
  readonly mode: BackendModeName;
}

/**
 * Gives every listener and backend its row in the shared state.
 *
 * Rows are known by address, so that whoever keeps its address over a reload keeps its figures. What
 * an operator has changed at run time stays as long as the file says the same as before. The row of
 * a backend that was removed is used again only when its last session has ended, and no other one
 * can begin.
 */
export class Planner {
  readonly #state: SharedState;
  readonly #listenerRows = new RowTable(LISTENER_ROWS);
  readonly #backendRows = new RowTable(BACKEND_ROWS);
  /** What the file says, by row. */
  readonly #filed = new Map<number, Wish>();
  /** What is in force, by row: as the file says, or as an operator has changed it. */
  readonly #wished = new Map<number, Wish>();
  #number = 0;
  readonly #now: () => number;
  /** Names of rows that the generation in force needs. */
  #inForce: ReadonlySet<string> = new Set();
  /** Since when the names of other rows are not needed any more. */
  readonly #retiredMs = new Map<string, number>();

  /** @param now milliseconds on a clock that never goes back */
  constructor(state: SharedState, now: () => number = () => performance.now()) {
    this.#state = state;
    this.#now = now;
  }

  /** Plans the next generation. Throws a `RangeError` when there are too many backends. */
  plan(settings: Settings): Plan {
    this.#releaseRemoved();
    const needed = new Set<string>();
    const listeners = settings.listeners.map((listener) => this.#planListener(listener, needed));
    return {
      generation: { number: ++this.#number, listeners },
      apply: () => this.#apply(listeners, needed),
      discard: () => this.#releaseRemoved(),
    };
  }

  /** What is in force for the backend of a row, whoever wants it so. */
  wishOf(row: number): Wish {
    return this.#wished.get(row) ?? { weight: 0, mode: "ready" };
  }

  /** Puts in force what an operator wants of a backend, until the file says something new. */
  wish(row: number, change: Partial<Wish>): void {
    this.#wish(row, change);
    this.#state.advanceEpoch();
  }

  #planListener(settings: ListenerSettings, needed: Set<string>): ListenerPlan {
    // Named by its address and not by its key: `24003` and `*:24003` are the same listener.
    const address = formatAddress(settings.address);
    needed.add(address);
    const listener = this.#listenerRows.take(address);
    const backends = settings.backends.map((backend) => {
      const name = `${address} ${backend.name}`;
      needed.add(name);
      return this.#backendRows.take(name);
    });
    return { settings, rows: { listener, backends } };
  }

  #apply(listeners: readonly ListenerPlan[], needed: ReadonlySet<string>): void {
    for (const { settings, rows } of listeners) {
      settings.backends.forEach((backend, index) => {
        this.#applyBackend(rows.backends[index] as number, backend);
      });
    }
    this.#retire(needed);
    this.#inForce = needed;
    this.#state.advanceEpoch();
  }

  #retire(needed: ReadonlySet<string>): void {
    for (const name of needed) this.#retiredMs.delete(name);
    for (const name of this.#inForce) {
      if (needed.has(name)) continue;
      this.#retiredMs.set(name, this.#now());
      if (!this.#backendRows.has(name)) continue;
      // Where it comes back, it is as the file has it then.
      const row = this.#backendRows.take(name);
      this.#filed.delete(row);
      this.#wished.delete(row);
    }
  }

  #applyBackend(row: number, { weight, mode }: BackendSettings): void {
    const before = this.#filed.get(row);
    this.#filed.set(row, { weight, mode });
    if (before?.weight !== weight) this.#wish(row, { weight });
    if (before?.mode !== mode) this.#wish(row, { mode });
  }

  #wish(row: number, change: Partial<Wish>): void {
    const wish = { weight: 0, mode: "ready", ...this.#wished.get(row), ...change } as const;
    this.#wished.set(row, wish);
    if (change.weight !== undefined) {
      this.#state.setBackendCell(row, BackendCell.weight, Math.round(wish.weight * WEIGHT_UNIT));
    }
    if (change.mode !== undefined) {
      this.#state.setBackendCell(row, BackendCell.mode, MODE[wish.mode]);
    }
  }

  /** Lets rows be used again that no generation needs, and that no session is counted in. */
  #releaseRemoved(): void {
    for (const name of [...this.#backendRows.names()]) {
      const row = this.#backendRows.take(name);
      if (this.#isNeeded(name) || this.#state.backendCell(row, BackendCell.active) > 0) continue;
      this.#state.clearBackendRow(row);
      this.#backendRows.release(name);
      this.#retiredMs.delete(name);
    }
    for (const name of [...this.#listenerRows.names()]) {
      const row = this.#listenerRows.take(name);
      if (this.#isNeeded(name) || this.#state.listenerCell(row, ListenerCell.active) > 0) continue;
      this.#state.clearListenerRow(row);
      this.#listenerRows.release(name);
      this.#retiredMs.delete(name);
    }
  }

  #isNeeded(name: string): boolean {
    if (this.#inForce.has(name)) return true;
    const retiredMs = this.#retiredMs.get(name) ?? -Infinity;
    return this.#now() - retiredMs < RETIREMENT_MS;
  }
}
