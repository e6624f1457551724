import type { FromWorker } from "../../lib/engine/messages.ts";
import type { WorkerPort } from "../../lib/engine/worker_loop.ts";

/** A session that has sent this many bytes kills the worker that served it. */
export const DEADLY_BYTES = 13;
/** A session that has sent this many bytes makes its worker hang. */
export const HANGING_BYTES = 17;
/** One that has sent this many makes it hang for only {@linkcode HANG_MS}. */
export const WAKING_BYTES = 18;
/** Long enough to be given up and to lose everything meanwhile. */
export const HANG_MS = 20_000;

/**
 * A worker's port whose messages go through `post`, which passes them on or does something else.
 */
function overheardPort(scope: WorkerPort, post: (message: FromWorker) => void): WorkerPort {
  return {
    get onmessage() {
      return scope.onmessage;
    },
    set onmessage(listener) {
      scope.onmessage = listener;
    },
    postMessage: post,
  };
}

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

/**
 * A worker's port that hangs when it should post the access-log line of a session that has sent
 * {@linkcode HANGING_BYTES} or {@linkcode WAKING_BYTES}. It logs that first.
 *
 * @param hang hangs for a time, or forever
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
