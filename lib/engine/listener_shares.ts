import type { PoolPlan } from "../state/pool_plan.ts";
import type { EngineInputs } from "./engine_inputs.ts";
import type { Generation, ListenerPlan } from "./generation.ts";
import { ListenerShare } from "./listener_share.ts";
import { PoolShare } from "./pool_share.ts";
import type { Later } from "./wait_queue.ts";

/**
 * One worker's shares of all listeners and pools. One that comes back while sessions of its earlier
 * life go on gets the same share again: there is one queue and one choice of backends for each row,
 * and never two that count in the same place.
 */
export class ListenerShares {
  readonly #inputs: EngineInputs;
  readonly #later: Later;
  /** By the listener's row. */
  readonly #shares = new Map<number, ListenerShare>();
  /** By the pool's row. */
  readonly #pools = new Map<number, PoolShare>();
  /** The rows of the pools in force. */
  #poolsInForce: ReadonlySet<number> = new Set();

  /** @param later calls back in the engine's own loop */
  constructor(inputs: EngineInputs, later: Later) {
    this.#inputs = inputs;
    this.#later = later;
  }

  /** The share of a listener: the one that is in use, or else a new one. */
  of(plan: ListenerPlan): ListenerShare {
    const known = this.#shares.get(plan.row);
    if (known?.isInUse) return known;
    const share = new ListenerShare(plan, this.poolOf(plan.pool), this.#inputs);
    this.#shares.set(plan.row, share);
    return share;
  }

  /** Applies new settings to a listener's share, and returns it, if it is in use. */
  update(plan: ListenerPlan): ListenerShare | undefined {
    const share = this.#shares.get(plan.row);
    if (!share?.isInUse) return undefined;
    share.update(plan, this.poolOf(plan.pool));
    return share;
  }

  /** The share of a pool. */
  poolOf(plan: PoolPlan): PoolShare {
    const known = this.#pools.get(plan.row);
    if (known !== undefined) return known;
    const share = new PoolShare(plan, this.#inputs, this.#later);
    this.#pools.set(plan.row, share);
    return share;
  }

  /** Applies the settings of the pools of a generation to the sessions to come. */
  updatePools({ pools }: Generation): void {
    for (const plan of pools) this.#pools.get(plan.row)?.update(plan);
    this.#poolsInForce = new Set(pools.map(({ row }) => row));
  }

  /** Forgets those that nothing uses any more. */
  forgetUnused(): void {
    const used = new Set<PoolShare>();
    for (const [row, share] of this.#shares) {
      if (share.isInUse) used.add(share.pool);
      else this.#shares.delete(row);
    }
    for (const [row, share] of this.#pools) {
      if (used.has(share) || share.isInUse || this.#poolsInForce.has(row)) continue;
      this.#pools.delete(row);
    }
  }
}
