/** Weir's command line, as in main.ts, with the workers that this file's URL asks for. */
import { run } from "../../lib/cli/run.ts";
import { followSettableClock } from "./settable_clock.ts";
import { quirkyWorkerUrls, type WorkerQuirk } from "./worker_quirk.ts";

if (import.meta.main) {
  const quirk = new URL(import.meta.url).searchParams.get("quirk") as WorkerQuirk;
  if (quirk === "clock") followSettableClock();
  const status = await run(Deno.args, {
    workerUrls: quirkyWorkerUrls(quirk),
    projectFolder: new URL("../../", import.meta.url),
  });
  Deno.exit(status);
}
