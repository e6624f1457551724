import { MOST_BACKENDS } from "../config/key.ts";
import { poolOf } from "../config/pool_of.ts";
import type {
  BackendSettings,
  ListenerSettings,
  PoolSettings,
  Settings,
} from "../config/settings.ts";
import type { Generation, ListenerPlan } from "../engine/generation.ts";
import { BackendCell, ListenerCell, ListenerTally, PoolCell } from "../state/counters.ts";
import { BACKEND_ROWS, LISTENER_ROWS, POOL_ROWS } from "../state/layout.ts";
import type { PoolPlan } from "../state/pool_plan.ts";
import type { SharedState } from "../state/shared_state.ts";
import { RowKeeper } from "./row_keeper.ts";
import { Wishes } from "./wishes.ts";

/** A planned generation that is neither in force nor discarded. There is one at a time. */
export interface Plan {
  readonly generation: Generation;
  /** Writes what the settings say about the backends to the shared state. */
  apply(): void;
  /** Frees the rows that only this plan needs. */
  discard(): void;
}

/** A backend as it was when it was last in force. */
interface FormerBackend {
  /** The identity of its pool. */
  readonly pool: string;
  readonly backend: BackendSettings;
}

/** A listener as it was when it was last in force. */
interface FormerListener {
  readonly settings: ListenerSettings;
  /** The pool that its sessions have their backends from. */
  readonly pool: PoolSettings;
}

/** What was removed and still has sessions, or may have some. */
export interface Leaving {
  readonly listeners: readonly ListenerPlan[];
  /** Pools that were removed, or stay without some of their backends: only those that leave. */
  readonly pools: readonly PoolPlan[];
}

/**
 * Assigns every listener, pool and backend its row in the shared state.
 *
 * Rows are found by identity, so whatever keeps its own across a reload keeps its figures. What
 * an operator has changed at run time stays as long as the file says the same as before.
 *
 * Whatever was removed is leaving, and keeps its row for as long as something may be counted there.
 * A listener is gone when it has no socket and no session, not even one that waits for a backend;
 * its pool not before it, as its sessions may still be given to any backend there. A backend of a
 * pool that stays is gone when its last session has ended and no worker uses a pool that has it.
 */
export class Planner {
  readonly #state: SharedState;
  readonly #listeners = new RowKeeper<FormerListener>({
    capacity: LISTENER_ROWS,
    noun: "listeners",
  });
  readonly #pools = new RowKeeper<PoolSettings>({ capacity: POOL_ROWS, noun: "pools" });
  readonly #backends = new RowKeeper<FormerBackend>({ capacity: BACKEND_ROWS, noun: "backends" });
  #inForce: Pick<Generation, "listeners" | "pools"> = { listeners: [], pools: [] };
  /** What is wanted of each backend. */
  readonly wishes: Wishes;
  #number = 0;
  /** Whether every worker uses the generation in force. */
  #isSettled = false;

  constructor(state: SharedState) {
    this.#state = state;
    this.wishes = new Wishes(state);
  }

  /**
   * Plans the next generation. Throws a `RangeError` if there are too many listeners or backends
   * besides those that are leaving.
   */
  plan(settings: Settings): Plan {
    // The file was checked when it was read, but a name may resolve to any number of addresses.
    const count = settings.pools.reduce((sum, { backends }) => sum + backends.length, 0);
    if (count > MOST_BACKENDS) {
      throw new RangeError(
        `The names of backends resolve to ${count} backends in total, and there may be ` +
          `${MOST_BACKENDS}: map fewer names, or names with fewer addresses`,
      );
    }
    this.#sweep();
    let planned: Pick<Generation, "listeners" | "pools">;
    try {
      planned = this.#planAll(settings);
    } catch (error) {
      this.#discard();
      throw error;
    }
    return {
      generation: { number: ++this.#number, ...planned },
      apply: () => this.#apply(planned),
      discard: () => this.#discard(),
    };
  }

  /** Call when no worker uses a generation earlier than the one in force. */
  settle(): void {
    this.#isSettled = true;
  }

  /** What was removed and still has sessions, or may have some. */
  leaving(): Leaving {
    this.#sweep();
    const leavers = Map.groupBy(this.#backends.leavers(), ({ thing }) => thing.pool);
    const pools = new Map<string, PoolPlan>();
    for (const plan of this.#inForce.pools) {
      if (leavers.has(plan.settings.id)) pools.set(plan.settings.id, plan);
    }
    for (const { name, row, thing } of this.#pools.leavers()) {
      pools.set(name, { settings: thing, row, backendRows: [] });
    }
    const leaving = new Map(Array.from(pools, ([id, { settings, row }]) => {
      const backends = leavers.get(id) ?? [];
      return [id, {
        settings: { ...settings, backends: backends.map(({ thing }) => thing.backend) },
        row,
        backendRows: backends.map(({ row }) => row),
      }];
    }));
    const listeners = this.#listeners.leavers().map(({ row, thing }): ListenerPlan => {
      const { settings, pool } = thing;
      const inForce = this.#inForce.pools.find((plan) => plan.settings.id === pool.id);
      return { settings, row, pool: inForce ?? leaving.get(pool.id) as PoolPlan };
    });
    return { listeners, pools: [...leaving.values()] };
  }

  /** Whether a listener was removed and still has sockets. */
  isClosing(id: string): boolean {
    const leaver = this.#listeners.leaver(id);
    return leaver?.wasInForce === true &&
      this.#state.listenerTallySum(leaver.row, ListenerTally.sockets) > 0;
  }

  /** The rows of all listeners, those that are leaving included. */
  listenerRows(): Iterable<number> {
    return this.#listeners.rows();
  }

  #planAll(settings: Settings): Pick<Generation, "listeners" | "pools"> {
    const pools = settings.pools.map((pool): PoolPlan => ({
      settings: pool,
      row: this.#pools.take(pool.id, pool),
      backendRows: pool.backends.map((backend) =>
        this.#backends.take(`${pool.id} ${backend.id}`, { pool: pool.id, backend })
      ),
    }));
    const listeners = settings.listeners.map((listener): ListenerPlan => {
      const pool = poolOf(settings, listener);
      const row = this.#listeners.take(listener.id, { settings: listener, pool });
      return { settings: listener, row, pool: pools[settings.pools.indexOf(pool)] as PoolPlan };
    });
    return { listeners, pools };
  }

  #apply(planned: Pick<Generation, "listeners" | "pools">): void {
    for (const { settings, backendRows } of planned.pools) {
      settings.backends.forEach((backend, index) => {
        this.wishes.file(backendRows[index] as number, backend);
      });
    }
    this.#pools.enact();
    this.#listeners.enact();
    for (const row of this.#backends.enact()) this.wishes.forget(row);
    this.#inForce = planned;
    this.#isSettled = false;
    this.#state.advanceEpoch();
  }

  #discard(): void {
    this.#listeners.discard();
    this.#pools.discard();
    this.#backends.discard();
    this.#sweep();
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
    // Sessions of a listener that leaves may still be given to any backend of its pool.
    const used = new Set(this.#listeners.leavers().map(({ thing }) => thing.pool.id));
    this.#pools.sweep(
      ({ name, row }) =>
        used.has(name) || state.pools.cell(row, PoolCell.active) > 0 ||
        state.pools.cell(row, PoolCell.queued) > 0,
      (row) => state.pools.clear(row),
    );
    this.#backends.sweep(
      ({ row, thing }) =>
        this.#isLeaving(thing.pool) || state.backendCell(row, BackendCell.active) > 0,
      (row) => state.clearBackendRow(row),
    );
  }

  /** Whether a pool is leaving. */
  #isLeaving(pool: string): boolean {
    return this.#pools.has(pool) && !this.#pools.isInForce(pool);
  }
}
