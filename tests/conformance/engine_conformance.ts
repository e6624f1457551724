import { ENGINES_UNDER_TEST, type EngineUnderTest } from "../support/engines_under_test.ts";
import { within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ENGINE_CASES } from "./engine_cases.ts";

/** Cases that an engine does not hold, with the reason why it need not. */
const SKIPS: readonly { engine: EngineUnderTest["name"]; case: string; reason: string }[] = [];
/** No case may take longer, whatever hangs. */
const LONGEST_MS = 60_000;

for (const engine of ENGINES_UNDER_TEST) {
  for (const { name, needs = [], run } of ENGINE_CASES) {
    const title = `${engine.name} ${name}`;
    const skip = SKIPS.find((entry) => entry.engine === engine.name && entry.case === name);
    const reason = engine.obstacle ?? skip?.reason;
    if (reason !== undefined) {
      Deno.test({ name: `${title} (ignored: ${reason})`, ignore: true, fn: () => {} });
    } else {
      permittedTest(
        ["net", "read", "env", ...needs],
        title,
        () => within(title, run(engine), LONGEST_MS),
      );
    }
  }
}
