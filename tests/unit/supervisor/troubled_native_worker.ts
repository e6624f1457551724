/** The native engine's worker, which fails on demand. */
import { runNativeWorker } from "../../../lib/engine/native/native_worker.ts";
import type { WorkerPort } from "../../../lib/engine/worker_loop.ts";
import { troubledPort } from "./troubled_port.ts";

runNativeWorker(troubledPort(globalThis as unknown as WorkerPort));
