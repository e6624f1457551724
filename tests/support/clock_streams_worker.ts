/** The streams engine's worker, on a system whose clock can be set by a test. */
import { StreamsEngine } from "../../lib/engine/streams/streams_engine.ts";
import { runWorker, type WorkerPort } from "../../lib/engine/worker_loop.ts";
import { followSettableClock } from "./settable_clock.ts";

followSettableClock();
runWorker(globalThis as unknown as WorkerPort, (inputs) => new StreamsEngine(inputs));
