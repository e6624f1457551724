import type { EngineInputs } from "./engine_inputs.ts";
import type { ListenerPlan } from "./generation.ts";
import { ListenerShare } from "./listener_share.ts";

/**
 * One worker's shares of all listeners. A listener that comes back while sessions from before are
 * still active, or wait in its queue, gets the same share again: there is one pool and one queue
 * per row, and never two that count in the same place.
 */
export class ListenerShares {
  readonly #inputs: EngineInputs;
  /** By the listener's row. */
  readonly #shares = new Map<number, ListenerShare>();

  constructor(inputs: EngineInputs) {
    this.#inputs = inputs;
  }

  /** The share of a listener: the one in use, or else a new one. */
  of(plan: ListenerPlan): ListenerShare {
    const { listener: row } = plan.rows;
    const known = this.#shares.get(row);
    if (known?.isInUse) return known;
    const share = new ListenerShare(plan, this.#inputs);
    this.#shares.set(row, share);
    return share;
  }

  /** Drops the shares that are no longer used. */
  forgetUnused(): void {
    for (const [row, share] of this.#shares) if (!share.isInUse) this.#shares.delete(row);
  }
}
