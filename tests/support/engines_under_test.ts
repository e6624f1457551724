import type { WorkerUrls } from "../../lib/supervisor/worker_urls.ts";
import type { Fault } from "./faulty_libc.ts";
import { nativeObstacle } from "./native_test.ts";
import { faultyWorkerUrl, quirkyWorkerUrls } from "./worker_quirk.ts";

/** An engine that the shared cases run on. */
export interface EngineUnderTest {
  /** As written for the key `engine`. */
  readonly name: "streams" | "native";
  /** Why the engine cannot run here; absent where it can. */
  readonly obstacle?: string | undefined;
  readonly workerUrls: WorkerUrls;
  /** Like the workers above, but one of them dies when told to; see `overheard_port.ts`. */
  readonly fragileWorkerUrls: WorkerUrls;
}

const workers = new URL("../../workers/", import.meta.url);

const workerUrls: WorkerUrls = {
  native: new URL("native.ts", workers),
  streams: new URL("streams.ts", workers),
};
const fragileWorkerUrls = quirkyWorkerUrls("fragile");

/** All engines. */
export const ENGINES_UNDER_TEST: readonly EngineUnderTest[] = [
  { name: "streams", workerUrls, fragileWorkerUrls },
  { name: "native", obstacle: nativeObstacle, workerUrls, fragileWorkerUrls },
];

/** The native engine over a C library that fails as described. */
export function faultyEngine(faults: readonly Fault[] = []): EngineUnderTest {
  const native = faultyWorkerUrl(faults);
  const workerUrls = { native, streams: native };
  return { name: "native", workerUrls, fragileWorkerUrls: workerUrls };
}
