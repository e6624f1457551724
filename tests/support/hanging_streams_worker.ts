/** The streams engine's worker, but one that enters an endless loop when told to. */
import { StreamsEngine } from "../../lib/engine/streams/streams_engine.ts";
import { runWorker, type WorkerPort } from "../../lib/engine/worker_loop.ts";
import { hangingPort } from "./hanging_port.ts";

runWorker(
  hangingPort(globalThis as unknown as WorkerPort, () => {
    for (;;);
  }),
  (inputs) => new StreamsEngine(inputs),
);
