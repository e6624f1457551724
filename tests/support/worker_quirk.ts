import type { WorkerUrls } from "../../lib/supervisor/worker_urls.ts";
import type { Fault } from "./faulty_libc.ts";

/**
 * What is special about a worker:
 *
 * - `clock`: it lives on a system whose clock a test can set; see `settable_clock.ts`
 * - `faulty`: its C library fails as a test says; see `faulty_libc.ts`
 * - `fragile`: it dies when told to; see `overheard_port.ts`
 * - `hanging`: it hangs when told to; see `overheard_port.ts`
 * - `late`: it starts only once there is a file {@linkcode PERMIT} in its working directory
 * - `slow`: its short timers are late, as on a machine that is too busy
 * - `troubled`: it dies or hangs at a message; see `troubled_port.ts`
 */
export type WorkerQuirk =
  | "clock"
  | "faulty"
  | "fragile"
  | "hanging"
  | "late"
  | "slow"
  | "troubled";

/** The name of an engine. */
export type EngineName = keyof WorkerUrls;

/** The file that a `late` worker waits for, in the working directory. */
export const PERMIT = "workers_may_start";

/** Where an engine's worker with a quirk is. */
export function quirkyWorkerUrl(engine: EngineName, quirk: WorkerQuirk): URL {
  const url = new URL("quirky_worker.ts", import.meta.url);
  url.searchParams.set("engine", engine);
  url.searchParams.set("quirk", quirk);
  return url;
}

/** Where the workers with a quirk are. */
export function quirkyWorkerUrls(quirk: WorkerQuirk): WorkerUrls {
  return {
    native: quirkyWorkerUrl("native", quirk),
    streams: quirkyWorkerUrl("streams", quirk),
  };
}

/** Where the native engine's worker is whose C library fails as described. */
export function faultyWorkerUrl(faults: readonly Fault[]): URL {
  const url = quirkyWorkerUrl("native", "faulty");
  url.searchParams.set("faults", JSON.stringify(faults));
  return url;
}

/** The program that is Weir's command line, as in main.ts, with such workers. */
export function quirkyMain(quirk: WorkerQuirk): URL {
  const url = new URL("quirky_main.ts", import.meta.url);
  url.searchParams.set("quirk", quirk);
  return url;
}
