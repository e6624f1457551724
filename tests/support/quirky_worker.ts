/** An engine's worker with a quirk; this file's URL says which ones: see `worker_quirk.ts`. */
import { openLibc } from "../../lib/engine/native/libc/libc.ts";
import { runNativeWorker } from "../../lib/engine/native/native_worker.ts";
import { StreamsEngine } from "../../lib/engine/streams/streams_engine.ts";
import { runWorker, type WorkerPort } from "../../lib/engine/worker_loop.ts";
import { type Fault, FaultyLibc } from "./faulty_libc.ts";
import { fragilePort, hangingPort } from "./overheard_port.ts";
import { followSettableClock } from "./settable_clock.ts";
import { troubledPort } from "./troubled_port.ts";
import { type EngineName, PERMIT, type WorkerQuirk } from "./worker_quirk.ts";

/** How often a late worker looks for its permit. */
const PAUSE_MS = 10;
/** Short timers of a slow worker fire this many times later than they should. */
const LATENESS = 8;
const LONGEST_SHORT_MS = 50;

const { searchParams } = new URL(import.meta.url);
const engine = searchParams.get("engine") as EngineName;
const scope = globalThis as unknown as WorkerPort;
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Prepares the thread for the engine, and returns the port that the engine gets. */
const QUIRKS: Readonly<Record<WorkerQuirk, () => WorkerPort>> = {
  clock: () => {
    followSettableClock();
    return scope;
  },
  faulty: () => scope,
  fragile: () => fragilePort(scope),
  hanging: () => hangingPort(scope, engine === "native" ? sleep : loopForever),
  late: () => {
    while (!isAllowed()) sleep(PAUSE_MS);
    return scope;
  },
  slow: () => {
    if (engine === "streams") delayTimers();
    return scope;
  },
  troubled: () => troubledPort(scope),
};

const port = QUIRKS[searchParams.get("quirk") as WorkerQuirk]();
if (engine === "native") runNativeWorker(port, openFaultyLibc);
else runWorker(port, (inputs) => new StreamsEngine(inputs));

/** The C library; without the quirk `faulty`, there are no faults. */
function openFaultyLibc() {
  const faults = searchParams.get("faults");
  if (faults === null) return openLibc();
  return new FaultyLibc(openLibc(), JSON.parse(faults) as readonly Fault[]).libc;
}

/** Waits for something that never comes. */
function sleep(ms: number | undefined): void {
  Atomics.wait(never, 0, 0, ms);
}

function loopForever(): void {
  for (;;);
}

function isAllowed(): boolean {
  try {
    Deno.statSync(PERMIT);
    return true;
  } catch {
    return false;
  }
}

function delayTimers(): void {
  const realSetTimeout = globalThis.setTimeout;
  globalThis.setTimeout =
    ((task: () => void, ms = 0) =>
      realSetTimeout(task, ms > LONGEST_SHORT_MS ? ms : ms * LATENESS)) as typeof setTimeout;
}
