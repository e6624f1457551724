/** The entry point of the command line: resolves the workers' files and ends with the command's status. */
import { run } from "./lib/cli/run.ts";

if (import.meta.main) {
  const status = await run(Deno.args, {
    workerUrls: {
      native: new URL("./workers/native.ts", import.meta.url),
      streams: new URL("./workers/streams.ts", import.meta.url),
    },
    projectFolder: new URL("./", import.meta.url),
  });
  Deno.exit(status);
}
