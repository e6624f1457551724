import type { ListenerView, StatusView } from "./status_view.ts";

/** How far back the history goes. */
export const HISTORY_MS = 15 * 60_000;
/** One sample per second. */
const SAMPLES = HISTORY_MS / 1000;

/** The figures kept for each listener, with how each is read. */
const SERIES = {
  active: ({ figures }) => figures.active,
  sessionsPerSecond: ({ rates }) => rates.sessionsPerSecond,
  bytesInPerSecond: ({ rates }) => rates.bytesInPerSecond,
  bytesOutPerSecond: ({ rates }) => rates.bytesOutPerSecond,
  errorsPerSecond: ({ rates }) => rates.errorsPerSecond,
  connectTimeP50Ms: ({ rates }) => rates.connectTimeP50Ms,
  connectTimeP99Ms: ({ rates }) => rates.connectTimeP99Ms,
} as const satisfies Readonly<Record<string, (listener: ListenerView) => number | null>>;

export type SeriesName = keyof typeof SERIES;
export const SERIES_NAMES = Object.keys(SERIES) as readonly SeriesName[];

/** The answer of `GET /api/v1/history`: columns, as plots need them. */
export interface HistoryView {
  /** When each sample was taken, in milliseconds since 1970, oldest first. */
  readonly atMs: readonly number[];
  /** Null if the listener did not exist, or had no connect times. */
  readonly listeners: readonly (
    & { readonly key: string }
    & { readonly [S in SeriesName]: readonly (number | null)[] }
  )[];
}

/** The last fifteen minutes of every listener, in preallocated ring buffers. */
export class History {
  readonly #times = new Float64Array(SAMPLES);
  readonly #listeners = new Map<string, Record<SeriesName, Float32Array>>();
  #taken = 0;

  /** Adds a sample. */
  add(view: StatusView): void {
    const at = this.#taken % SAMPLES;
    this.#times[at] = view.atMs;
    this.#taken++;
    for (const series of this.#listeners.values()) {
      for (const name of SERIES_NAMES) series[name][at] = NaN;
    }
    for (const listener of view.listeners) {
      const series = this.#seriesOf(listener.key);
      for (const name of SERIES_NAMES) series[name][at] = SERIES[name](listener) ?? NaN;
    }
    this.#forgetRemoved();
  }

  /** Returns the remembered samples. */
  read(): HistoryView {
    const newest = this.#times[(this.#taken - 1 + SAMPLES) % SAMPLES] as number;
    const places: number[] = [];
    let next = Infinity;
    for (let index = this.#taken - 1; index >= Math.max(0, this.#taken - SAMPLES); index--) {
      const time = this.#times[index % SAMPLES] as number;
      // A sample that is later than its successor was taken before the clock was set back.
      if (time < newest - HISTORY_MS || time >= next) break;
      places.unshift(index % SAMPLES);
      next = time;
    }
    return {
      atMs: places.map((at) => this.#times[at] as number),
      listeners: [...this.#listeners].map(([key, series]) => ({
        key,
        ...mapSeries((name) => places.map((at) => valueOf(series[name][at] as number))),
      })),
    };
  }

  #seriesOf(key: string): Record<SeriesName, Float32Array> {
    let series = this.#listeners.get(key);
    if (series === undefined) {
      series = mapSeries(() => new Float32Array(SAMPLES).fill(NaN));
      this.#listeners.set(key, series);
    }
    return series;
  }

  /** Done once per round of the ring, so that its cost is negligible. */
  #forgetRemoved(): void {
    if (this.#taken % SAMPLES !== 0) return;
    for (const [key, { active }] of this.#listeners) {
      if (active.every(Number.isNaN)) this.#listeners.delete(key);
    }
  }
}

function mapSeries<T>(make: (name: SeriesName) => T): Record<SeriesName, T> {
  return Object.fromEntries(SERIES_NAMES.map((name) => [name, make(name)])) as Record<
    SeriesName,
    T
  >;
}

/** A 32-bit float has seven significant digits; the rest is noise. */
function valueOf(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value * 1000) / 1000;
}
