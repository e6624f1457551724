import type { Sample } from "../sample.ts";
import type { Machine } from "./machine.ts";
import type { Summary } from "./summary.ts";

/** Everything that one run found. */
export interface Report {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** `full` or `quick`; the figures of a quick run say little. */
  readonly effort: string;
  readonly rounds: number;
  readonly machine: Machine;
  /** What could not take part, and what failed. */
  readonly problems: readonly string[];
  readonly summaries: readonly Summary[];
  readonly samples: readonly Sample[];
}
