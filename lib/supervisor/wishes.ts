import type { BackendModeName, BackendSettings } from "../config/settings.ts";
import {
  type AgentOrders,
  NO_ORDERS,
  strictestMode,
  weightOfPercent,
} from "../health/agent_orders.ts";
import { MODE } from "../state/codes.ts";
import { BackendCell } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";

/** A weight's unit in the shared state: hundredths, so that a slow start can take small steps. */
export const WEIGHT_UNIT = 100;

/** The wanted weight and mode of a backend. */
export interface Wish {
  readonly weight: number;
  readonly mode: BackendModeName;
}

/**
 * What the file, an operator and the backend's agent want of each backend, by row, and what follows
 * from it in the shared state.
 *
 * What an operator has changed stays as long as the file says the same as before. An agent's orders
 * are combined with that: its percentage scales the weight, the stricter mode applies, and its limit
 * replaces that of the file.
 */
export class Wishes {
  readonly #state: SharedState;
  /** What the file says. */
  readonly #filed = new Map<number, Wish>();
  /** As the file says, or as an operator has changed it. */
  readonly #wished = new Map<number, Wish>();
  readonly #orders = new Map<number, AgentOrders>();

  constructor(state: SharedState) {
    this.#state = state;
  }

  /** What the file or an operator wants for the backend of a row. */
  wishOf(row: number): Wish {
    return this.#wished.get(row) ?? { weight: 0, mode: "ready" };
  }

  /** What the agent of a backend has ordered; absent if nothing. */
  ordersOf(row: number): AgentOrders | undefined {
    return this.#orders.get(row);
  }

  /** The weight in force, 0 to 256, apart from a slow start. */
  weightOf(row: number): number {
    const { weightPercent } = this.#orders.get(row) ?? NO_ORDERS;
    return weightOfPercent(this.wishOf(row).weight, weightPercent);
  }

  /** The mode in force. */
  modeOf(row: number): BackendModeName {
    return strictestMode(this.wishOf(row).mode, (this.#orders.get(row) ?? NO_ORDERS).mode);
  }

  /** Adopts what the file says about a backend. */
  file(row: number, { weight, mode }: BackendSettings): void {
    const before = this.#filed.get(row);
    this.#filed.set(row, { weight, mode });
    // The row may still have what an agent ordered before the backend was removed.
    if (before === undefined) this.#writeOrders(row, NO_ORDERS);
    if (before?.weight !== weight) this.#wish(row, { weight });
    if (before?.mode !== mode) this.#wish(row, { mode });
  }

  /** Forgets a backend: if it comes back, it is as the file has it then. */
  forget(row: number): void {
    this.#filed.delete(row);
    this.#wished.delete(row);
    this.#orders.delete(row);
  }

  /** Applies an operator's change to a backend, until the file says something new. */
  wish(row: number, change: Partial<Wish>): void {
    this.#wish(row, change);
    this.#state.advanceEpoch();
  }

  /** Applies the orders of a backend's agent, in place of those before. */
  heed(row: number, orders: AgentOrders): void {
    if (orders === NO_ORDERS) this.#orders.delete(row);
    else this.#orders.set(row, orders);
    this.#writeOrders(row, orders);
    this.#writeWeight(row);
    this.#writeMode(row);
    this.#state.advanceEpoch();
  }

  #wish(row: number, change: Partial<Wish>): void {
    const wish = { weight: 0, mode: "ready", ...this.#wished.get(row), ...change } as const;
    this.#wished.set(row, wish);
    if (change.weight !== undefined) this.#writeWeight(row);
    if (change.mode !== undefined) this.#writeMode(row);
  }

  #writeOrders(row: number, { health, maxConnections }: AgentOrders): void {
    this.#state.setBackendCell(row, BackendCell.agentDown, Number(health.isDown));
    this.#state.setBackendCell(row, BackendCell.agentLimit, (maxConnections ?? -1) + 1);
  }

  #writeWeight(row: number): void {
    const hundredths = Math.round(this.weightOf(row) * WEIGHT_UNIT);
    this.#state.setBackendCell(row, BackendCell.weight, hundredths);
  }

  #writeMode(row: number): void {
    this.#state.setBackendCell(row, BackendCell.mode, MODE[this.modeOf(row)]);
  }
}
