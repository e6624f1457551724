import type { Scheduler } from "../../../lib/base/scheduler.ts";

interface Task {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time that passes when a test says so. It starts at an hour, so that 0 is long ago. */
export class ManualScheduler implements Scheduler {
  #nowMs = 3_600_000;
  readonly #tasks = new Set<Task>();

  readonly nowMs = (): number => this.#nowMs;

  readonly after = (ms: number, run: () => void): () => void => {
    const task = { atMs: this.#nowMs + ms, run };
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  };

  /** How many timers are pending. */
  get waiting(): number {
    return this.#tasks.size;
  }

  /** Lets time pass, and runs everything that becomes due, one after another. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (let task = this.#first(); task && task.atMs <= endMs; task = this.#first()) {
      this.#tasks.delete(task);
      this.#nowMs = Math.max(this.#nowMs, task.atMs);
      task.run();
      await settle();
    }
    this.#nowMs = endMs;
  }

  #first(): Task | undefined {
    return [...this.#tasks].sort((a, b) => a.atMs - b.atMs)[0];
  }
}

/** Lets the callbacks of resolved promises run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
}
