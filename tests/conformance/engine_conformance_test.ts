import { openLibc } from "../../lib/engine/native/libc.ts";
import { ENGINES_UNDER_TEST, type EngineUnderTest } from "../support/engines_under_test.ts";
import { within } from "../support/patience.ts";
import { missingPermissions, permittedTest } from "../support/permitted.ts";
import { ENGINE_CASES } from "./engine_cases.ts";

/** Cases that an engine does not hold, with the reason why it need not. */
const SKIPS: readonly { engine: EngineUnderTest["name"]; case: string; reason: string }[] = [];
/** No case may take longer, whatever hangs. */
const LONGEST_MS = 40_000;

// It stays open for the process, so that no test may be the one to open it.
if (missingPermissions(["ffi"]).length === 0) openLibc();

for (const engine of ENGINES_UNDER_TEST) {
  const needs = [
    "net",
    "read",
    "env",
    ...engine.name === "native" ? ["ffi" as const] : [],
  ] as const;
  for (const { name, run } of ENGINE_CASES) {
    const title = `${engine.name} ${name}`;
    const skip = SKIPS.find((entry) => entry.engine === engine.name && entry.case === name);
    if (skip !== undefined) {
      Deno.test({ name: `${title} (ignored: ${skip.reason})`, ignore: true, fn: () => {} });
    } else {
      permittedTest(needs, title, () => within(title, run(engine), LONGEST_MS));
    }
  }
}
