import { setImmediate } from "node:timers";
import { WorkerCell } from "../../state/worker_counters.ts";
import type { EngineInputs } from "../engine_inputs.ts";
import type { FromWorker, ToWorker } from "../messages.ts";
import { HEARTBEAT_MS, runWorker, type WorkerPort } from "../worker_loop.ts";
import { DescriptorBook } from "./libc/descriptor_book.ts";
import { GivenUpError, guardLibc } from "./libc/guarded_libc.ts";
import { type Libc, openLibc } from "./libc/libc.ts";
import { WakeSource } from "./loop/waker.ts";
import { NativeEngine } from "./native_engine.ts";

/** How soon after an event the event loop gets a turn: a log line may be waiting to be posted. */
const WORK_MS = 100;
/** Messages arrive after one turn, and due timers fire after two. */
const USUAL_TURNS = 2;
/** An announced message that has not come after this many turns is no longer waited for. */
const MOST_TURNS = 1_000;

/**
 * Runs the native engine in a worker thread.
 *
 * The thread sleeps in the engine's loop. Everything else gets a turn between two runs of it: when
 * the main thread has posted a message and signalled that, when the engine has a promise to
 * resolve, and in any case as often as the heartbeat needs, which is also when timers fire.
 *
 * @param port the worker's own global scope
 */
export function runNativeWorker(port: WorkerPort, libc: () => Libc = openLibc): void {
  const counted = new CountedPort(port);
  runWorker(counted, (inputs) => {
    const guarded = guard(libc(), inputs);
    const engine = new NativeEngine(guarded, inputs);
    closeOnError(engine);
    void keepRunning(engine, counted, inputs, guarded);
    return engine;
  });
}

/** Lets the main thread see the worker's descriptors, and take them from it. */
function guard(libc: Libc, { state, slot }: EngineInputs): Libc {
  const book = new DescriptorBook(state.descriptorBits(slot));
  book.clear();
  return guardLibc(libc, book, () => state.workerCell(slot, WorkerCell.givenUp) !== 0);
}

async function keepRunning(
  engine: NativeEngine,
  port: CountedPort,
  inputs: EngineInputs,
  libc: Libc,
): Promise<void> {
  try {
    await run(engine, port, inputs, libc);
  } catch (error) {
    // In that case the main thread handles what this thread has left.
    if (!(error instanceof GivenUpError)) throw error;
  }
}

async function run(
  engine: NativeEngine,
  port: CountedPort,
  inputs: EngineInputs,
  libc: Libc,
): Promise<void> {
  const { loop } = engine;
  const source = new WakeSource(libc, loop, port.wakeDescriptor);
  while (!source.ended && !loop.isClosed) {
    for (let turns = 0; turns < USUAL_TURNS || port.received < source.posted; turns++) {
      await eventLoopTurn();
      if (turns === MOST_TURNS) port.received = source.posted;
    }
    const isLogging = (inputs.logs.accessLog?.waiting ?? 0) > 0;
    loop.run(isLogging ? WORK_MS : HEARTBEAT_MS, WORK_MS);
  }
  if (loop.isClosed) return;
  engine.close();
  inputs.state.notifyWorkerCell(inputs.slot, WorkerCell.closed, 1);
}

/** Gives messages, timers and promises a turn. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Descriptors are plain numbers to Deno, so they are closed before any error ends the thread. */
function closeOnError(engine: NativeEngine): void {
  globalThis.addEventListener("error", () => engine.close());
  globalThis.addEventListener("unhandledrejection", () => engine.close());
}

/** A worker's port that counts incoming messages, so that none is left in the queue unseen. */
class CountedPort implements WorkerPort {
  readonly #port: WorkerPort;
  received = 0;
  /** The eventfd with which the main thread wakes this one; comes with the first message. */
  wakeDescriptor = -1;

  constructor(port: WorkerPort) {
    this.#port = port;
  }

  get onmessage(): WorkerPort["onmessage"] {
    return this.#port.onmessage;
  }

  set onmessage(listener: WorkerPort["onmessage"]) {
    this.#port.onmessage = (event: MessageEvent<ToWorker>) => {
      this.received++;
      if (event.data.type === "start") this.wakeDescriptor = event.data.wakeDescriptor;
      listener?.(event);
    };
  }

  postMessage(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}
