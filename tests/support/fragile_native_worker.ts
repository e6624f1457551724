/** The native engine's worker, but mortal. */
import { runNativeWorker } from "../../lib/engine/native/native_worker.ts";
import type { WorkerPort } from "../../lib/engine/worker_loop.ts";
import { fragilePort } from "./fragile_port.ts";

runNativeWorker(fragilePort(globalThis as unknown as WorkerPort));
