/** A worker whose sessions fail, and whose backends come back by trials, as fast as it can. */
import { Random } from "../../../lib/base/random.ts";
import { PassiveHealth } from "../../../lib/health/passive_health.ts";
import { EJECTION } from "../../../lib/state/codes.ts";
import { BackendCell } from "../../../lib/state/counters.ts";
import type { PoolPlan } from "../../../lib/state/pool_plan.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

const ROUNDS = 100_000;

interface Order {
  readonly memory: SharedArrayBuffer;
  readonly pool: PoolPlan;
  readonly slot: number;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage: (message: string) => void;
};

scope.onmessage = ({ data: { memory, pool, slot } }) => {
  const state = SharedState.attach(memory);
  const { next } = Random.fromSeed(slot);
  const health = new PassiveHealth(pool, { state, slot, now: Date.now, random: next });
  for (let round = 0; round < ROUNDS; round++) {
    const row = pool.backendRows[Math.floor(next() * pool.backendRows.length)] as number;
    const { ejected, trialOpen } = EJECTION;
    health.failed(row, false);
    if (next() < 0.5) state.replaceBackendCell(row, BackendCell.ejection, ejected, trialOpen);
    if (!health.takeTrial(row)) continue;
    if (next() < 0.7) health.succeeded(row, true);
    else health.failed(row, true);
  }
  scope.postMessage("done");
};
