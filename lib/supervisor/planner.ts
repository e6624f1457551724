import { formatAddress } from "../base/address.ts";
import type {
  BackendModeName,
  BackendSettings,
  ListenerSettings,
  Settings,
} from "../config/settings.ts";
import type { Generation, ListenerPlan } from "../engine/generation.ts";
import { MODE } from "../state/codes.ts";
import { BackendCell, ListenerCell, ListenerTally } from "../state/counters.ts";
import { BACKEND_ROWS, LISTENER_ROWS } from "../state/layout.ts";
import type { SharedState } from "../state/shared_state.ts";
import { RowKeeper } from "./row_keeper.ts";

/** A weight's unit in the shared state: hundredths, so that a slow start can take small steps. */
export const WEIGHT_UNIT = 100;

/** A planned generation that is neither in force nor discarded. There is one at a time. */
export interface Plan {
  readonly generation: Generation;
  /** Writes what the settings say about the backends to the shared state. */
  apply(): void;
  /** Frees the rows that only this plan needs. */
  discard(): void;
}

/** The wanted weight and mode of a backend. */
export interface Wish {
  readonly weight: number;
  readonly mode: BackendModeName;
}

/** A backend of a listener, as it was when it was last in force. */
interface FormerBackend {
  /** The listener's address. */
  readonly address: string;
  readonly backend: BackendSettings;
}

/**
 * Assigns every listener and backend its row in the shared state.
 *
 * Rows are found by address, so whatever keeps its address across a reload keeps its figures. What
 * an operator has changed at run time stays as long as the file says the same as before.
 *
 * Whatever was removed is leaving, and keeps its row for as long as something may be counted there.
 * A listener is gone when it has no socket and no session, not even one that waits for a backend;
 * its backends not before it, as its sessions may still be given to any of them. A backend of a
 * listener that stays is gone when its last session has ended and no worker uses a pool that has
 * it.
 */
export class Planner {
  readonly #state: SharedState;
  readonly #listeners = new RowKeeper<ListenerSettings>({
    capacity: LISTENER_ROWS,
    noun: "listeners",
  });
  readonly #backends = new RowKeeper<FormerBackend>({ capacity: BACKEND_ROWS, noun: "backends" });
  #inForce: readonly ListenerPlan[] = [];
  /** What the file says, by row. */
  readonly #filed = new Map<number, Wish>();
  /** What is in force, by row: as the file says, or as an operator has changed it. */
  readonly #wished = new Map<number, Wish>();
  #number = 0;
  /** Whether every worker uses the generation in force. */
  #isSettled = false;

  constructor(state: SharedState) {
    this.#state = state;
  }

  /**
   * Plans the next generation. Throws a `RangeError` if there are too many listeners or backends
   * besides those that are leaving.
   */
  plan(settings: Settings): Plan {
    this.#sweep();
    let listeners: readonly ListenerPlan[];
    try {
      listeners = settings.listeners.map((listener) => this.#planListener(listener));
    } catch (error) {
      this.#discard();
      throw error;
    }
    return {
      generation: { number: ++this.#number, listeners },
      apply: () => this.#apply(listeners),
      discard: () => this.#discard(),
    };
  }

  /** Call when no worker uses a generation earlier than the one in force. */
  settle(): void {
    this.#isSettled = true;
  }

  /**
   * What was removed and still has sessions, or may have some: removed listeners, and remaining
   * listeners with removed backends. The settings and rows of each contain only the backends that
   * are leaving.
   */
  leaving(): readonly ListenerPlan[] {
    this.#sweep();
    const leavers = Map.groupBy(this.#backends.leavers(), ({ thing }) => thing.address);
    const listeners = new Map<string, { settings: ListenerSettings; row: number }>();
    for (const { settings, rows } of this.#inForce) {
      const address = formatAddress(settings.address);
      if (leavers.has(address)) listeners.set(address, { settings, row: rows.listener });
    }
    for (const { name, row, thing } of this.#listeners.leavers()) {
      listeners.set(name, { settings: thing, row });
    }
    return Array.from(listeners, ([address, { settings, row }]) => {
      const backends = leavers.get(address) ?? [];
      return {
        settings: { ...settings, backends: backends.map(({ thing }) => thing.backend) },
        rows: { listener: row, backends: backends.map(({ row }) => row) },
      };
    });
  }

  /** Whether a listener was removed from an address and still has sockets there. */
  isClosing(address: string): boolean {
    const leaver = this.#listeners.leaver(address);
    return leaver?.wasInForce === true &&
      this.#state.listenerTallySum(leaver.row, ListenerTally.sockets) > 0;
  }

  /** The rows of all listeners, those that are leaving included. */
  listenerRows(): Iterable<number> {
    return this.#listeners.rows();
  }

  /** What is in force for the backend of a row, whether from the file or from an operator. */
  wishOf(row: number): Wish {
    return this.#wished.get(row) ?? { weight: 0, mode: "ready" };
  }

  /** Applies an operator's change to a backend, until the file says something new. */
  wish(row: number, change: Partial<Wish>): void {
    this.#wish(row, change);
    this.#state.advanceEpoch();
  }

  #planListener(settings: ListenerSettings): ListenerPlan {
    // Identified by its address, not by its key: `24003` and `*:24003` are the same listener.
    const address = formatAddress(settings.address);
    const listener = this.#listeners.take(address, settings);
    const backends = settings.backends.map((backend) =>
      this.#backends.take(`${address} ${backend.id}`, { address, backend })
    );
    return { settings, rows: { listener, backends } };
  }

  #apply(listeners: readonly ListenerPlan[]): void {
    for (const { settings, rows } of listeners) {
      settings.backends.forEach((backend, index) => {
        this.#applyBackend(rows.backends[index] as number, backend);
      });
    }
    this.#listeners.enact();
    for (const row of this.#backends.enact()) {
      // If it comes back, it is as the file has it then.
      this.#filed.delete(row);
      this.#wished.delete(row);
    }
    this.#inForce = listeners;
    this.#isSettled = false;
    this.#state.advanceEpoch();
  }

  #discard(): void {
    this.#listeners.discard();
    this.#backends.discard();
    this.#sweep();
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

  /** Frees the rows in which nothing is counted any more and nothing can be. */
  #sweep(): void {
    if (!this.#isSettled) return;
    const state = this.#state;
    this.#listeners.sweep(
      // In this order: a socket that is still open may begin another session.
      ({ row }) =>
        state.listenerTallySum(row, ListenerTally.sockets) > 0 ||
        state.listenerCell(row, ListenerCell.active) > 0,
      (row) => state.clearListenerRow(row),
    );
    this.#backends.sweep(
      ({ row, thing }) =>
        this.#isLeaving(thing.address) || state.backendCell(row, BackendCell.active) > 0,
      (row) => state.clearBackendRow(row),
    );
  }

  /** Whether the listener at an address is leaving. */
  #isLeaving(address: string): boolean {
    return this.#listeners.has(address) && !this.#listeners.isInForce(address);
  }
}
