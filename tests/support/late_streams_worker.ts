/** The streams engine's worker, but one that waits until a file is in its working directory. */
import { StreamsEngine } from "../../lib/engine/streams/streams_engine.ts";
import { runWorker, type WorkerPort } from "../../lib/engine/worker_loop.ts";
import { isAllowed, PERMIT } from "./permit.ts";

const PAUSE_MS = 10;

const sleeper = new Int32Array(new SharedArrayBuffer(4));
while (!isAllowed(PERMIT)) Atomics.wait(sleeper, 0, 0, PAUSE_MS);

runWorker(globalThis as unknown as WorkerPort, (inputs) => new StreamsEngine(inputs));
