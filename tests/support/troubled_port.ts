import type { ToWorker } from "../../lib/engine/messages.ts";
import type { WorkerPort } from "../../lib/engine/worker_loop.ts";

/** Where this process says what should happen to its workers. */
export const TROUBLE_FOLDER = `/tmp/weir_trouble_${Deno.pid}`;

/**
 * A worker's port that fails on demand: on a message for which there is a file `SLOT-TYPE` in
 * {@linkcode TROUBLE_FOLDER}. The file says what happens to the worker, and is consumed.
 */
export function troubledPort(scope: WorkerPort): WorkerPort {
  let slot = -1;
  return {
    get onmessage() {
      return scope.onmessage;
    },
    set onmessage(listener) {
      scope.onmessage = (event: MessageEvent<ToWorker>) => {
        const { data } = event;
        if (data.type === "start") slot = data.slot;
        const trouble = take(`${TROUBLE_FOLDER}/${slot}-${data.type}`);
        if (trouble === "die before") throw new Error(`told to die before ${data.type}`);
        if (trouble === "hang") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        listener?.(event);
        if (trouble === "die after") throw new Error(`told to die after ${data.type}`);
      };
    },
    postMessage: (message) => scope.postMessage(message),
  };
}

/** What happens to a worker at a message. */
export type Trouble = "die before" | "die after" | "hang";

function take(file: string): string | undefined {
  try {
    const trouble = Deno.readTextFileSync(file);
    Deno.removeSync(file);
    return trouble;
  } catch {
    return undefined;
  }
}
