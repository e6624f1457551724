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

/** Something that all contestants are put through. */
export interface Load {
  readonly name: LoadName;
  readonly title: string;
  /** What figures are given for: "connection", "request", "GiB", "session". */
  readonly unit: string;
  /** One line on what a unit is. */
  readonly note: string;
  /** Whether one worker count is enough, the first: for what does not depend on it. */
  readonly once: boolean;
  run(stage: Stage): Promise<void>;
}
