/** The native engine's worker, on a system whose clock can be set by a test. */
import { runNativeWorker } from "../../lib/engine/native/native_worker.ts";
import type { WorkerPort } from "../../lib/engine/worker_loop.ts";
import { followSettableClock } from "./settable_clock.ts";

followSettableClock();
runNativeWorker(globalThis as unknown as WorkerPort);
