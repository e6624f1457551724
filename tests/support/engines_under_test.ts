import { findAbilities } from "../../lib/engine/choose_engine.ts";
import type { WorkerUrls } from "../../lib/supervisor/worker_urls.ts";

/** An engine that the shared cases run on. */
export interface EngineUnderTest {
  /** As written for the key `engine`. */
  readonly name: "streams" | "native";
  readonly workerUrls: WorkerUrls;
  /** Like the workers above, but one of them dies when told to; see `fragile_port.ts`. */
  readonly fragileWorkerUrls: WorkerUrls;
}

// Opens the C library, which stays open: opened within a test it would be taken for a leak of it.
findAbilities();

const workers = new URL("../../workers/", import.meta.url);

const workerUrls: WorkerUrls = {
  native: new URL("native.ts", workers),
  streams: new URL("streams.ts", workers),
};
const fragileWorkerUrls: WorkerUrls = {
  native: new URL("fragile_native_worker.ts", import.meta.url),
  streams: new URL("fragile_streams_worker.ts", import.meta.url),
};

/** Every engine there is. */
export const ENGINES_UNDER_TEST: readonly EngineUnderTest[] = [
  { name: "streams", workerUrls, fragileWorkerUrls },
  { name: "native", workerUrls, fragileWorkerUrls },
];
