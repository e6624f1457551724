/** Runs the tests: `deno task test`, `test:quick` and `test:long`. */
import { print } from "./runner/print.ts";
import { parseRunOptions, USAGE } from "./runner/run_options.ts";
import { runTests } from "./runner/run_tests.ts";

if (import.meta.main) {
  const options = parseRunOptions(Deno.args);
  if (options.wantsHelp) print(USAGE);
  else Deno.exit(await runTests(options));
}
