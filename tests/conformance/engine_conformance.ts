import { ENGINES_UNDER_TEST, type EngineUnderTest } from "../support/engines_under_test.ts";
import { howMany } from "../support/long_tests.ts";
import { within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import type { EngineCase } from "./engine/engine_case.ts";
import { ENGINE_CASES } from "./engine_cases.ts";

/** Cases that an engine does not pass, with the reason why it need not. */
const SKIPS: readonly { engine: EngineUnderTest["name"]; case: string; reason: string }[] = [];
/** No case may take longer, whatever hangs. */
const LONGEST_MS = howMany(60_000, 600_000);

/** Registers what every engine does as tests of one of them. */
export function registerEngineConformance(name: EngineUnderTest["name"]): void {
  const [engine] = ENGINES_UNDER_TEST.filter((each) => each.name === name);
  for (const each of ENGINE_CASES) register(engine as EngineUnderTest, each);
}

function register(engine: EngineUnderTest, { name, needs = [], run }: EngineCase): void {
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
