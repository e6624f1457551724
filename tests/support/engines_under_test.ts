import type { WorkerUrls } from "../../lib/supervisor/worker_urls.ts";
import { nativeObstacle } from "./native_test.ts";

/** An engine that the shared cases run on. */
export interface EngineUnderTest {
  /** As written for the key `engine`. */
  readonly name: "streams" | "native";
  /** Why the engine cannot run here; absent where it can. */
  readonly obstacle?: string | undefined;
  readonly workerUrls: WorkerUrls;
  /** Like the workers above, but one of them dies when told to; see `fragile_port.ts`. */
  readonly fragileWorkerUrls: WorkerUrls;
}

const workers = new URL("../../workers/", import.meta.url);

const workerUrls: WorkerUrls = {
  native: new URL("native.ts", workers),
  streams: new URL("streams.ts", workers),
};
const fragileWorkerUrls: WorkerUrls = {
  native: new URL("fragile_native_worker.ts", import.meta.url),
  streams: new URL("fragile_streams_worker.ts", import.meta.url),
};

/** All engines. */
export const ENGINES_UNDER_TEST: readonly EngineUnderTest[] = [
  { name: "streams", workerUrls, fragileWorkerUrls },
  { name: "native", obstacle: nativeObstacle, workerUrls, fragileWorkerUrls },
];
