import type { ContestantName } from "./contestants/contestant.ts";

export const FIGURE_NAMES = [
  "cpuUs",
  "perSecond",
  "p50Us",
  "p99Us",
  "p999Us",
  "memoryKib",
  "idlePercent",
  "systemCalls",
] as const;
/** What is measured: processor time per unit, units per second, latencies, memory and so on. */
export type FigureName = typeof FIGURE_NAMES[number];
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

/** One load on one contestant in one round. */
export interface Sample {
  readonly workers: number;
  readonly load: string;
  /** What varies within the load, such as an algorithm; empty if nothing does. */
  readonly series: string;
  /** The step within the series, such as a number of backends; empty if there is none. */
  readonly step: string;
  readonly contestant: ContestantName;
  /** From 1. */
  readonly round: number;
  readonly figures: Figures;
  /** Units that failed. */
  readonly errors: number;
  /** Figures by name that only this load has: calls per session by system call. */
  readonly detail?: Readonly<Record<string, number>>;
}
