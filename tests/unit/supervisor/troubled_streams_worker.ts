/** The streams engine's worker, which fails on demand. */
import { StreamsEngine } from "../../../lib/engine/streams/streams_engine.ts";
import { runWorker, type WorkerPort } from "../../../lib/engine/worker_loop.ts";
import { troubledPort } from "./troubled_port.ts";

runWorker(
  troubledPort(globalThis as unknown as WorkerPort),
  (inputs) => new StreamsEngine(inputs),
);
