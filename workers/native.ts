/** The worker thread that accepts and relays with the native engine. */
import { runNativeWorker } from "../lib/engine/native/native_worker.ts";
import type { WorkerPort } from "../lib/engine/worker_loop.ts";

// A worker's global scope is typed as a window's; only the two members of WorkerPort are used.
runNativeWorker(globalThis as unknown as WorkerPort);
