import type { Stage } from "../stage.ts";

export const LOAD_NAMES = [
  "connections",
  "requests",
  "download",
  "upload",
  "idle",
  "backends",
  "growth",
  "system_calls",
] as const;
export type LoadName = typeof LOAD_NAMES[number];

/** A load that all contestants are measured with. */
export interface Load {
  readonly name: LoadName;
  readonly title: string;
  /** The unit of the figures: "connection", "request", "GiB", "session". */
  readonly unit: string;
  /** One line on what a unit is. */
  readonly note: string;
  /** Whether the first worker count is enough, for loads that do not depend on it. */
  readonly once: boolean;
  run(stage: Stage): Promise<void>;
}
