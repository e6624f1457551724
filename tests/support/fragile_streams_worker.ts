/** The streams engine's worker, but mortal. */
import { StreamsEngine } from "../../lib/engine/streams/streams_engine.ts";
import { runWorker, type WorkerPort } from "../../lib/engine/worker_loop.ts";
import { fragilePort } from "./fragile_port.ts";

runWorker(
  fragilePort(globalThis as unknown as WorkerPort),
  (inputs) => new StreamsEngine(inputs),
);
