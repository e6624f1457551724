/** Weir's command line, as in main.ts, with `streams` workers whose timers are late. */
import { run } from "../../lib/cli/run.ts";

if (import.meta.main) {
  const status = await run(Deno.args, {
    workerUrls: {
      native: new URL("../../workers/native.ts", import.meta.url),
      streams: new URL("slow_streams_worker.ts", import.meta.url),
    },
    projectFolder: new URL("../../", import.meta.url),
  });
  Deno.exit(status);
}
