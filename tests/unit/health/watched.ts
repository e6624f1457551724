import { assert } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { PoolSettings } from "../../../lib/config/settings.ts";
import { BackendCell } from "../../../lib/state/counters.ts";
import type { PoolPlan } from "../../../lib/state/pool_plan.ts";
import type { SharedState } from "../../../lib/state/shared_state.ts";

/** A pool with these backends and lines of options. */
export function poolOf(backends: string, ...options: readonly string[]): PoolSettings {
  const text = `[options]\n${options.join("\n")}\n[mappings]\n2000 = ${backends}\n`;
  const { settings, diagnostics } = parseSettings(text, "test.cfg", {
    cores: 1,
    privileged: true,
  });
  const pool = settings?.pools[0];
  assert(pool !== undefined, JSON.stringify(diagnostics));
  return pool;
}

/** This many backends, on ports from 1 on. */
export function backendsOf(count: number): string {
  return Array.from({ length: count }, (_, index) => `127.0.0.1:${index + 1}`).join(", ");
}

/** A pool whose backends have the rows from `firstRow` on, weights written. */
export function watch(
  state: SharedState,
  settings: PoolSettings,
  firstRow = 0,
  row = 0,
): PoolPlan {
  const backendRows = settings.backends.map((backend, index) => {
    state.setBackendCell(firstRow + index, BackendCell.weight, backend.weight * 100);
    return firstRow + index;
  });
  return { settings, row, backendRows };
}
