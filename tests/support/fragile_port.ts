import type { WorkerPort } from "../../lib/engine/worker_loop.ts";
import { overheardPort } from "./overheard_port.ts";

/** A session that has sent this many bytes kills the worker that served it. */
export const DEADLY_BYTES = 13;

/**
 * A worker's port that throws when it should post the access-log line of a session that has sent
 * {@linkcode DEADLY_BYTES}: an uncaught error in the middle of an engine's work.
 */
export function fragilePort(scope: WorkerPort): WorkerPort {
  return overheardPort(scope, (message) => {
    if (message.type === "access" && message.lines.includes(`"bytes_in":${DEADLY_BYTES},`)) {
      throw new Error("told to die by a test");
    }
    scope.postMessage(message);
  });
}
