import type { WorkerPort } from "../../lib/engine/worker_loop.ts";
import { overheardPort } from "./overheard_port.ts";

/** A session that has sent so many bytes makes the worker hang that served it. */
export const HANGING_BYTES = 17;

/**
 * A worker's port that never comes back when it is to post the access-log line of a session which
 * has sent {@linkcode HANGING_BYTES}. It says so in the log before.
 */
export function hangingPort(scope: WorkerPort, hang: () => void): WorkerPort {
  return overheardPort(scope, (message) => {
    scope.postMessage(message);
    if (message.type !== "access") return;
    if (!message.lines.includes(`"bytes_in":${HANGING_BYTES},`)) return;
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
    hang();
  });
}
