import { assert } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { ListenerSettings } from "../../../lib/config/settings.ts";
import type { WatchedPool } from "../../../lib/health/watched_pool.ts";
import { BackendCell } from "../../../lib/state/counters.ts";
import type { SharedState } from "../../../lib/state/shared_state.ts";

/** A listener with these backends and lines of options. */
export function listenerOf(backends: string, ...options: readonly string[]): ListenerSettings {
  const text = `[options]\n${options.join("\n")}\n[mappings]\n2000 = ${backends}\n`;
  const { settings, diagnostics } = parseSettings(text, "test.cfg", {
    cores: 1,
    privileged: true,
  });
  const listener = settings?.listeners[0];
  assert(listener !== undefined, JSON.stringify(diagnostics));
  return listener;
}

/** This many backends, on ports from 1 on. */
export function backendsOf(count: number): string {
  return Array.from({ length: count }, (_, index) => `127.0.0.1:${index + 1}`).join(", ");
}

/** The listener as a pool whose backends have the rows from `firstRow` on, weights written. */
export function watch(
  state: SharedState,
  listener: ListenerSettings,
  firstRow = 0,
  listenerRow = 0,
): WatchedPool {
  const backendRows = listener.backends.map((backend, index) => {
    state.setBackendCell(firstRow + index, BackendCell.weight, backend.weight * 100);
    return firstRow + index;
  });
  return { listener, listenerRow, backendRows };
}
