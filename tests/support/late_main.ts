/** Weir's command line, as in main.ts, with workers that start only once allowed. */
import { run } from "../../lib/cli/run.ts";

if (import.meta.main) {
  const worker = new URL("late_streams_worker.ts", import.meta.url);
  const status = await run(Deno.args, {
    workerUrls: { native: worker, streams: worker },
    projectFolder: new URL("../../", import.meta.url),
  });
  Deno.exit(status);
}
