import { assertEquals } from "@std/assert";
import { parseRunOptions } from "../../runner/run_options.ts";

Deno.test("parseRunOptions() tells paths from options, which deno test gets as they are", () => {
  const { paths, flags, isQuick } = parseRunOptions([
    ...["./tests/unit/balance", "--filter", "pick", "--fail-fast", "tests/e2e/cli_test.ts"],
    ...["--filter=p2c"],
  ]);
  assertEquals(paths, ["tests/unit/balance", "tests/e2e/cli_test.ts"]);
  assertEquals(flags, ["--filter", "pick", "--fail-fast", "--filter=p2c"]);
  assertEquals(isQuick, false);
});

Deno.test("parseRunOptions() keeps its own options to itself", () => {
  assertEquals(parseRunOptions(["--quick"]), {
    paths: [],
    flags: [],
    isQuick: true,
    wantsHelp: false,
  });
  assertEquals(parseRunOptions(["--help"]).wantsHelp, true);
  assertEquals(parseRunOptions(["--filter"]).flags, ["--filter"]);
});
