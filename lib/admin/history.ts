import type { ListenerView, StatusView } from "./status_view.ts";

/** How far back the history goes. */
export const HISTORY_MS = 15 * 60_000;
/** As many samples as there are seconds. */
const SAMPLES = HISTORY_MS / 1000;

/** What is remembered of each listener, by how it is read. */
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

/** What `GET /api/v1/history` answers: columns, as plots want them. */
export interface HistoryView {
  /** When each sample was taken, in milliseconds since 1970, oldest first. */
  readonly atMs: readonly number[];
  /** Null where the listener was not there, or had no connect times. */
  readonly listeners: readonly (
    & { readonly key: string }
    & { readonly [S in SeriesName]: readonly (number | null)[] }
  )[];
}

/** The last fifteen minutes of every listener, in arrays that are made once and written in a ring. */
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

  /** Reads what is remembered. */
  read(): HistoryView {
    const newest = this.#times[(this.#taken - 1 + SAMPLES) % SAMPLES] as number;
    const places: number[] = [];
    let next = Infinity;
    for (let index = this.#taken - 1; index >= Math.max(0, this.#taken - SAMPLES); index--) {
      const time = this.#times[index % SAMPLES] as number;
      // What is later than what came after it is from before the clock was set back.
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

  /** Once in a round, so that it costs nothing to speak of. */
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

/** A float of 32 bits has seven digits; what comes after them is noise. */
function valueOf(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value * 1000) / 1000;
}
