import type { WorkerPort } from "../../lib/engine/worker_loop.ts";
import { overheardPort } from "./overheard_port.ts";

/** A session that has sent so many bytes kills the worker that served it. */
export const DEADLY_BYTES = 13;

/**
 * A worker's port that throws when it is to post the access-log line of a session which has sent
 * {@linkcode DEADLY_BYTES}: an error in the midst of an engine's work that nobody catches.
 */
export function fragilePort(scope: WorkerPort): WorkerPort {
  return overheardPort(scope, (message) => {
    if (message.type === "access" && message.lines.includes(`"bytes_in":${DEADLY_BYTES},`)) {
      throw new Error("told to die by a test");
    }
    scope.postMessage(message);
  });
}
