import type { Sample } from "../../bench/sample.ts";

/** A sample of new connections with one worker; tests pass what matters. */
export function makeSample(
  fields: Pick<Sample, "contestant" | "round" | "figures"> & Partial<Sample>,
): Sample {
  return { workers: 1, load: "connections", series: "", step: "", errors: 0, ...fields };
}
