import type { BackendSettings, ListenerSettings } from "../config/settings.ts";
import type { EngineChoice } from "../engine/choose_engine.ts";
import type { ListenerPlan } from "../engine/generation.ts";

/** A backend that has sessions, or may have some. */
export interface ServedBackend {
  readonly settings: BackendSettings;
  /** The row of its figures. */
  readonly row: number;
  /** Whether it was removed and is finishing its sessions. */
  readonly leaving: boolean;
}

/** A listener that has sessions, or may have some. */
export interface ServedListener {
  readonly settings: ListenerSettings;
  /** The row of its figures. */
  readonly row: number;
  readonly engine: EngineChoice;
  /** Whether it was removed and is finishing its sessions. */
  readonly leaving: boolean;
  /** Those that are leaving come last. */
  readonly backends: readonly ServedBackend[];
}

/**
 * Puts what is in force and what is leaving into one list, in this order.
 *
 * @param leaving what `Planner.leaving` returns
 */
export function listServed(
  inForce: readonly ListenerPlan[],
  leaving: readonly ListenerPlan[],
  engineOf: (listener: ListenerSettings) => EngineChoice,
): readonly ServedListener[] {
  const leavingByRow = new Map(leaving.map((plan) => [plan.rows.listener, plan]));
  const staying = inForce.map((plan): ServedListener => {
    const { settings, rows } = plan;
    const removed = leavingByRow.get(rows.listener);
    leavingByRow.delete(rows.listener);
    return {
      settings,
      row: rows.listener,
      engine: engineOf(settings),
      leaving: false,
      backends: [
        ...backendsOf(plan, false),
        ...(removed === undefined ? [] : backendsOf(removed, true)),
      ],
    };
  });
  const gone = Array.from(leavingByRow.values(), (plan): ServedListener => ({
    settings: plan.settings,
    row: plan.rows.listener,
    engine: engineOf(plan.settings),
    leaving: true,
    backends: backendsOf(plan, true),
  }));
  return [...staying, ...gone];
}

function backendsOf({ settings, rows }: ListenerPlan, leaving: boolean): ServedBackend[] {
  return settings.backends.map((backend, index) => {
    const row = rows.backends[index];
    if (row === undefined) throw new Error(`There is no row for backend ${index}`);
    return { settings: backend, row, leaving };
  });
}
