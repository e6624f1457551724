import { traceOf } from "../../base/trace_of.ts";
import { loggerFor } from "../../log/logging.ts";
import type { Control } from "../../supervisor/control.ts";
import { History } from "./history.ts";
import { RateBook } from "./rate_book.ts";
import { Reused } from "./reused.ts";
import type { StatusView } from "./status_view.ts";

/** How often the status is sampled. */
const INTERVAL_MS = 1_000;
/** Sampling takes at most this share of the main thread's time, however many backends there are. */
const LARGEST_SHARE = 0.05;

/** Samples the status once a second, and derives the rates and the history from it. */
export class StatusWatch {
  readonly history = new History();
  readonly #control: Control;
  readonly #rates = new RateBook();
  readonly #view: Reused<StatusView>;
  readonly #subscribers = new Set<(view: StatusView) => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(control: Control) {
    this.#control = control;
    this.#view = new Reused(() => this.#rates.addTo(control.status()));
  }

  /** The current status, with the rates as of the last sample. */
  get view(): StatusView {
    return this.#view.get();
  }

  /** Starts sampling, until {@linkcode stop}. */
  start(): void {
    this.#look();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Makes the next view a new one, after something was changed. */
  refresh(): void {
    this.#view.forget();
  }

  /** Calls a function for every sample, until the returned function is called. */
  subscribe(tell: (view: StatusView) => void): () => void {
    this.#subscribers.add(tell);
    return () => void this.#subscribers.delete(tell);
  }

  #look(): void {
    const startMs = performance.now();
    try {
      const status = this.#control.status();
      this.#rates.look(status);
      const view = this.#rates.addTo(status);
      this.history.add(view);
      for (const tell of this.#subscribers) tell(view);
    } catch (error) {
      // A defect, but no reason to stop Weir, which is only being observed here.
      const trace = traceOf(error);
      loggerFor("admin").error("Could not sample the status: {trace}", { trace });
    }
    const tookMs = performance.now() - startMs;
    this.#timer = setTimeout(() => this.#look(), Math.max(INTERVAL_MS, tookMs / LARGEST_SHARE));
  }
}
