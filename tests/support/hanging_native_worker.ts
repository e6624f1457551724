/** The native engine's worker, but one that waits, when told to, for something that never comes. */
import { runNativeWorker } from "../../lib/engine/native/native_worker.ts";
import type { WorkerPort } from "../../lib/engine/worker_loop.ts";
import { hangingPort } from "./hanging_port.ts";

const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

runNativeWorker(hangingPort(globalThis as unknown as WorkerPort, (forMs) => {
  Atomics.wait(never, 0, 0, forMs);
}));
