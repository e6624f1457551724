/** Weir's command line, as in main.ts, on a system whose clock can be set by a test. */
import { run } from "../../lib/cli/run.ts";
import { followSettableClock } from "./settable_clock.ts";

if (import.meta.main) {
  followSettableClock();
  const status = await run(Deno.args, {
    workerUrls: {
      native: new URL("clock_native_worker.ts", import.meta.url),
      streams: new URL("clock_streams_worker.ts", import.meta.url),
    },
    projectFolder: new URL("../../", import.meta.url),
  });
  Deno.exit(status);
}
