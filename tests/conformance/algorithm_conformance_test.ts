import { ALGORITHMS } from "../../lib/balance/registry.ts";
import { ALGORITHM_NAMES, type AlgorithmName } from "../../lib/config/settings.ts";
import { ALGORITHM_CASES } from "./algorithm_cases.ts";

/** Cases that an algorithm does not pass, with the reason why it need not. */
const SKIPS: readonly { algorithm: AlgorithmName; case: string; reason: string }[] = [];

for (const algorithm of ALGORITHM_NAMES) {
  for (const { name, run } of ALGORITHM_CASES) {
    const skip = SKIPS.find((entry) => entry.algorithm === algorithm && entry.case === name);
    Deno.test({
      name: `${algorithm} ${name}${skip === undefined ? "" : ` (ignored: ${skip.reason})`}`,
      ignore: skip !== undefined,
      fn: () => run(ALGORITHMS[algorithm]),
    });
  }
}
