import { QUEUE_TURN_MS, type WaitQueue } from "../wait_queue.ts";

/** Services a queue while clients are waiting in it. */
export class QueueTimer {
  readonly #queue: WaitQueue;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(queue: WaitQueue) {
    this.#queue = queue;
  }

  /** Makes sure that the timer is running; called when a session joins. */
  wake(): void {
    this.#timer ??= setTimeout(() => this.#turn(), QUEUE_TURN_MS);
  }

  #turn(): void {
    this.#timer = undefined;
    this.#queue.turn();
    if (this.#queue.size > 0) this.wake();
  }
}
