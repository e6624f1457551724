import { WorkerCell } from "../state/worker_counters.ts";
import type { SharedState } from "../state/shared_state.ts";

/** How often heartbeats are checked. */
const LOOK_MS = 1_000;
/** A worker whose heartbeat has stood still for this long is considered hung. */
export const HANG_MS = 10_000;

/** What a worker's heartbeat was when it last moved. */
interface Beat {
  readonly count: number;
  readonly atMs: number;
}

/**
 * Watches the workers' heartbeats in shared memory: a thread that is stuck neither answers nor
 * dies, and would keep its share of the clients waiting forever.
 */
export class HeartbeatMonitor {
  readonly #state: SharedState;
  readonly #now: () => number;
  #beats: ReadonlyMap<number, Beat> = new Map();
  #timer: ReturnType<typeof setInterval> | undefined;
  #lastLookMs = 0;

  /** @param now milliseconds on a clock that never goes back */
  constructor(state: SharedState, now: () => number) {
    this.#state = state;
    this.#now = now;
  }

  /** Checks every second, and reports each worker that hangs. */
  start(slots: () => Iterable<number>, onHang: (slot: number, silentMs: number) => void): void {
    this.#timer = setInterval(() => {
      for (const { slot, silentMs } of this.look(slots())) onHang(slot, silentMs);
    }, LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Returns the workers among `slots` whose heartbeat has stood still for too long, each once. */
  look(slots: Iterable<number>): { readonly slot: number; readonly silentMs: number }[] {
    const nowMs = this.#now();
    // If this thread itself was held up, or the machine slept, the workers are not to blame.
    const wasHeldUp = nowMs - this.#lastLookMs > HANG_MS / 2;
    this.#lastLookMs = nowMs;
    const hanging: { slot: number; silentMs: number }[] = [];
    const beats = new Map<number, Beat>();
    for (const slot of slots) {
      const count = this.#state.workerCell(slot, WorkerCell.heartbeat);
      const last = this.#beats.get(slot);
      if (last === undefined || last.count !== count || wasHeldUp) {
        beats.set(slot, { count, atMs: nowMs });
      } else if (nowMs - last.atMs >= HANG_MS) {
        hanging.push({ slot, silentMs: nowMs - last.atMs });
      } else {
        beats.set(slot, last);
      }
    }
    // A slot that was empty for a while starts over: its next worker has no heartbeat yet.
    this.#beats = beats;
    return hanging;
  }
}
