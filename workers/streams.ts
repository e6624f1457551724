/** The worker thread that accepts and relays with the streams engine. */
import { StreamsEngine } from "../lib/engine/streams/streams_engine.ts";
import { runWorker, type WorkerPort } from "../lib/engine/worker_loop.ts";

// A worker's global scope is typed as a window's; only the two members of WorkerPort are used.
runWorker(globalThis as unknown as WorkerPort, (inputs) => new StreamsEngine(inputs));
