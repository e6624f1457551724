import type { FromWorker } from "../../lib/engine/messages.ts";
import type { WorkerPort } from "../../lib/engine/worker_loop.ts";

/**
 * A worker's port whose messages go through `post`, which passes them on or does something else.
 */
export function overheardPort(scope: WorkerPort, post: (message: FromWorker) => void): WorkerPort {
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
