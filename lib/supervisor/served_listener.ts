import type { BackendSettings, ListenerSettings, PoolSettings } from "../config/settings.ts";
import type { EngineChoice } from "../engine/choose_engine.ts";
import type { Generation } from "../engine/generation.ts";
import type { PoolPlan } from "../state/pool_plan.ts";
import type { Leaving } from "./planner.ts";

/** A backend that has sessions, or may have some. */
export interface ServedBackend {
  readonly settings: BackendSettings;
  /** Where its figures are. */
  readonly row: number;
  /** Whether it was removed, and finishes the sessions that it has. */
  readonly leaving: boolean;
}

/** A pool that has sessions, or may have some. */
export interface ServedPool {
  readonly settings: PoolSettings;
  /** Where its figures are. */
  readonly row: number;
  /** Whether it was removed, and finishes the sessions that it has. */
  readonly leaving: boolean;
  /** Those that are leaving come last. */
  readonly backends: readonly ServedBackend[];
}

/** A listener that has sessions, or may have some. */
export interface ServedListener {
  readonly settings: ListenerSettings;
  /** Where its figures are. */
  readonly row: number;
  readonly engine: EngineChoice;
  /** Whether it was removed, and finishes the sessions that it has. */
  readonly leaving: boolean;
}

/** Everything that has sessions, or may have some. What is leaving comes last. */
export interface Served {
  readonly listeners: readonly ServedListener[];
  readonly pools: readonly ServedPool[];
}

/** Puts what is in force and what is leaving together. */
export function listServed(
  inForce: Generation,
  leaving: Leaving,
  engineOf: (listener: ListenerSettings) => EngineChoice,
): Served {
  const listeners = [
    ...inForce.listeners.map((plan) => ({ ...plan, leaving: false })),
    ...leaving.listeners.map((plan) => ({ ...plan, leaving: true })),
  ];
  return {
    listeners: listeners.map(({ settings, row, leaving }) => ({
      settings,
      row,
      engine: engineOf(settings),
      leaving,
    })),
    pools: listPools(inForce.pools, leaving.pools),
  };
}

function listPools(inForce: readonly PoolPlan[], leaving: readonly PoolPlan[]): ServedPool[] {
  const leavers = new Map(leaving.map((plan) => [plan.row, plan]));
  const staying = inForce.map((plan): ServedPool => {
    const leaver = leavers.get(plan.row);
    leavers.delete(plan.row);
    const gone = leaver === undefined ? [] : backendsOf(leaver, true);
    return {
      settings: plan.settings,
      row: plan.row,
      leaving: false,
      backends: [...backendsOf(plan, false), ...gone],
    };
  });
  const gone = Array.from(leavers.values(), (plan): ServedPool => ({
    settings: plan.settings,
    row: plan.row,
    leaving: true,
    backends: backendsOf(plan, true),
  }));
  return [...staying, ...gone];
}

function backendsOf({ settings, backendRows }: PoolPlan, leaving: boolean): ServedBackend[] {
  return settings.backends.map((backend, index) => {
    const row = backendRows[index];
    if (row === undefined) throw new Error(`There is no row for backend ${index}`);
    return { settings: backend, row, leaving };
  });
}
