import type { WorkerPort } from "../../lib/engine/worker_loop.ts";
import { overheardPort } from "./overheard_port.ts";

/** A session that has sent so many bytes makes the worker hang that served it. */
export const HANGING_BYTES = 17;
/** One that has sent so many makes it hang for {@linkcode HANG_MS} only. */
export const WAKING_BYTES = 18;
/** Long enough to be given up and to be relieved of everything in the meantime. */
export const HANG_MS = 20_000;

/**
 * A worker's port that never comes back when it is to post the access-log line of a session which
 * has sent {@linkcode HANGING_BYTES} or {@linkcode WAKING_BYTES}. It says so in the log before.
 *
 * @param hang hangs for so long, or for ever
 */
export function hangingPort(
  scope: WorkerPort,
  hang: (forMs: number | undefined) => void,
): WorkerPort {
  return overheardPort(scope, (message) => {
    scope.postMessage(message);
    if (message.type !== "access") return;
    const isForEver = message.lines.includes(`"bytes_in":${HANGING_BYTES},`);
    if (!isForEver && !message.lines.includes(`"bytes_in":${WAKING_BYTES},`)) return;
    scope.postMessage({
      type: "log",
      line: {
        timeMs: Date.now(),
        level: "info",
        category: "test",
        message: "A worker hangs, as a test has told it to",
        properties: {},
      },
    });
    hang(isForEver ? undefined : HANG_MS);
  });
}
