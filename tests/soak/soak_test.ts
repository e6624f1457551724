/** A short version of `deno task soak`, or in long tests a full one. */
import { assert, assertEquals } from "@std/assert";
import { ENGINES } from "../support/both_engines.ts";
import { howMany } from "../support/long_tests.ts";
import { permittedTest } from "../support/permitted.ts";
import { runSoak } from "./run_soak.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const SECONDS = howMany(6, 600);
const RATE = 100;

for (const engine of ENGINES) {
  permittedTest(
    NEEDS,
    `${engine}: mixed load, backends that come and go, and reloads leave nothing unexplained`,
    async () => {
      const result = await runSoak({ engine, seconds: SECONDS, seed: 7, rate: RATE });
      assertEquals(result.defects, []);
      assert(result.events["reloads"] as number > 0, JSON.stringify(result.events));
    },
  );
}
