/** The streams engine's worker, on a machine that is too busy to be on time. */
import { StreamsEngine } from "../../lib/engine/streams/streams_engine.ts";
import { runWorker, type WorkerPort } from "../../lib/engine/worker_loop.ts";

/** Short timers fire this many times later than they should. */
const LATENESS = 8;
const LONGEST_SHORT_MS = 50;

const realSetTimeout = globalThis.setTimeout;
globalThis.setTimeout =
  ((task: () => void, ms = 0) =>
    realSetTimeout(task, ms > LONGEST_SHORT_MS ? ms : ms * LATENESS)) as typeof setTimeout;

runWorker(globalThis as unknown as WorkerPort, (inputs) => new StreamsEngine(inputs));
