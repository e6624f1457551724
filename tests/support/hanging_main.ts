/** Weir's command line, as in main.ts, with workers that hang when they are told to. */
import { run } from "../../lib/cli/run.ts";

if (import.meta.main) {
  const status = await run(Deno.args, {
    workerUrls: {
      native: new URL("hanging_native_worker.ts", import.meta.url),
      streams: new URL("hanging_streams_worker.ts", import.meta.url),
    },
    projectFolder: new URL("../../", import.meta.url),
  });
  Deno.exit(status);
}
