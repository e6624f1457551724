import type { Sample } from "../../bench/sample.ts";

/** A sample of new connections with one worker, for tests; what matters is given. */
export function makeSample(
  fields: Pick<Sample, "contestant" | "round" | "figures"> & Partial<Sample>,
): Sample {
  return { workers: 1, load: "connections", series: "", step: "", errors: 0, ...fields };
}
