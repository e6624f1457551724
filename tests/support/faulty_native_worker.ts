/** The native engine's worker over a C library that fails as the query of this file's URL says. */
import { openLibc } from "../../lib/engine/native/libc/libc.ts";
import { runNativeWorker } from "../../lib/engine/native/native_worker.ts";
import type { WorkerPort } from "../../lib/engine/worker_loop.ts";
import { type Fault, FaultyLibc } from "./faulty_libc.ts";

const query = new URL(import.meta.url).searchParams.get("faults");
const faults = JSON.parse(query ?? "[]") as readonly Fault[];
const { libc } = new FaultyLibc(openLibc(), faults);

runNativeWorker(globalThis as unknown as WorkerPort, () => libc);
