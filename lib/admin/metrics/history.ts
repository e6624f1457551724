import type { ListenerView, PoolView, StatusView } from "./status_view.ts";

/** How far back the history goes. */
export const HISTORY_MS = 15 * 60_000;
/** One sample per second. */
const SAMPLES = HISTORY_MS / 1000;

/** The figures kept for each listener, with how each is read. */
const LISTENER_READERS = {
  active: ({ figures }) => figures.active,
  sessionsPerSecond: ({ rates }) => rates.sessionsPerSecond,
  refusedPerSecond: ({ rates }) => rates.refusedPerSecond,
} as const satisfies Readers<ListenerView>;

/** The figures kept for each pool. */
const POOL_READERS = {
  active: ({ figures }) => figures.active,
  sessionsPerSecond: ({ rates }) => rates.sessionsPerSecond,
  bytesInPerSecond: ({ rates }) => rates.bytesInPerSecond,
  bytesOutPerSecond: ({ rates }) => rates.bytesOutPerSecond,
  errorsPerSecond: ({ rates }) => rates.errorsPerSecond,
  connectTimeP50Ms: ({ rates }) => rates.connectTimeP50Ms,
  connectTimeP99Ms: ({ rates }) => rates.connectTimeP99Ms,
} as const satisfies Readers<PoolView>;

type Readers<Subject> = Readonly<Record<string, (subject: Subject) => number | null>>;

export type ListenerSeriesName = keyof typeof LISTENER_READERS;
export type PoolSeriesName = keyof typeof POOL_READERS;
export const LISTENER_SERIES = Object.keys(LISTENER_READERS) as readonly ListenerSeriesName[];
export const POOL_SERIES = Object.keys(POOL_READERS) as readonly PoolSeriesName[];

/** One column for each series; null where its subject did not exist, or had no connect times. */
export type HistoryColumns<Name extends string> = {
  readonly [N in Name]: readonly (number | null)[];
};

/** The answer of `GET /api/v1/history`: columns, as plots need them. */
export interface HistoryView {
  /** When each sample was taken, in milliseconds since 1970, oldest first. */
  readonly atMs: readonly number[];
  readonly listeners: readonly ({ readonly key: string } & HistoryColumns<ListenerSeriesName>)[];
  readonly pools: readonly ({ readonly name: string } & HistoryColumns<PoolSeriesName>)[];
}

/** The last fifteen minutes of every listener and pool, in preallocated ring buffers. */
export class History {
  readonly #times = new Float64Array(SAMPLES);
  readonly #listeners = new Rings<ListenerView, ListenerSeriesName>(LISTENER_READERS);
  readonly #pools = new Rings<PoolView, PoolSeriesName>(POOL_READERS);
  #taken = 0;

  /** Adds a sample. */
  add(view: StatusView): void {
    const at = this.#taken % SAMPLES;
    this.#times[at] = view.atMs;
    this.#taken++;
    this.#listeners.add(at, view.listeners, ({ key }) => key);
    this.#pools.add(at, view.pools, ({ name }) => name);
    // Done once per round of the ring, so that its cost is negligible.
    if (this.#taken % SAMPLES !== 0) return;
    this.#listeners.forgetRemoved();
    this.#pools.forgetRemoved();
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
      listeners: this.#listeners.read(places).map(([key, columns]) => ({ key, ...columns })),
      pools: this.#pools.read(places).map(([name, columns]) => ({ name, ...columns })),
    };
  }
}

/** The ring buffers of the subjects of one kind, by their names. */
class Rings<Subject, Name extends string> {
  readonly #readers: Readonly<Record<Name, (subject: Subject) => number | null>>;
  readonly #names: readonly Name[];
  readonly #rings = new Map<string, Record<Name, Float32Array>>();

  constructor(readers: Readonly<Record<Name, (subject: Subject) => number | null>>) {
    this.#readers = readers;
    this.#names = Object.keys(readers) as Name[];
  }

  /** Writes the sample at an index of the rings. */
  add(at: number, subjects: readonly Subject[], nameOf: (subject: Subject) => string): void {
    for (const ring of this.#rings.values()) {
      for (const name of this.#names) ring[name][at] = NaN;
    }
    for (const subject of subjects) {
      const ring = this.#ringOf(nameOf(subject));
      for (const name of this.#names) ring[name][at] = this.#readers[name](subject) ?? NaN;
    }
  }

  /** Returns the samples at these indexes of the rings. */
  read(places: readonly number[]): [string, Record<Name, (number | null)[]>][] {
    return Array.from(this.#rings, ([key, ring]) => [
      key,
      this.#each((name) => places.map((at) => valueOf(ring[name][at] as number))),
    ]);
  }

  forgetRemoved(): void {
    for (const [key, ring] of this.#rings) {
      const isGone = this.#names.every((name) => ring[name].every(Number.isNaN));
      if (isGone) this.#rings.delete(key);
    }
  }

  #ringOf(key: string): Record<Name, Float32Array> {
    let ring = this.#rings.get(key);
    if (ring === undefined) {
      ring = this.#each(() => new Float32Array(SAMPLES).fill(NaN));
      this.#rings.set(key, ring);
    }
    return ring;
  }

  #each<T>(make: (name: Name) => T): Record<Name, T> {
    const entries = this.#names.map((name) => [name, make(name)]);
    return Object.fromEntries(entries) as Record<Name, T>;
  }
}

/** A 32-bit float has seven significant digits; the rest is noise. */
function valueOf(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value * 1000) / 1000;
}
