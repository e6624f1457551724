import { bucketCount, CONNECT_TIME, estimateQuantile } from "../../state/histograms.ts";
import type { BackendFigures, ListenerFigures } from "../../state/snapshot.ts";
import type { Status } from "../../supervisor/status.ts";
import { RateMeter } from "./rate_meter.ts";
import type { ListenerRates, Rates, StatusView } from "./status_view.ts";

/**
 * The figures of a backend that a meter tracks, by index; the buckets of the connect time follow.
 */
const SESSIONS = 0;
const BYTES_IN = 1;
const BYTES_OUT = 2;
const ERRORS = 3;
const BUCKETS = 4;
/** The figures of a listener, by index. */
const ACCEPTED = 0;
const REFUSED = 1;

const BUCKET_COUNT = bucketCount(CONNECT_TIME);

const NO_RATES: Rates = {
  sessionsPerSecond: 0,
  bytesInPerSecond: 0,
  bytesOutPerSecond: 0,
  errorsPerSecond: 0,
  connectTimeP50Ms: null,
  connectTimeP99Ms: null,
};

const NO_LISTENER_RATES: ListenerRates = { sessionsPerSecond: 0, refusedPerSecond: 0 };

/** The rates of all listeners, pools and backends, as of the last sample. */
export class RateBook {
  #meters = new Map<string, RateMeter>();
  #listenerRates = new Map<string, ListenerRates>();
  #poolRates = new Map<string, Rates>();
  #backendRates = new Map<string, Rates>();

  /**
   * Samples the figures. Call it about once a second.
   *
   * @param nowMs from a monotonic clock, unlike the time in the status
   */
  look(status: Status, nowMs: number = performance.now()): void {
    const meters = new Map<string, RateMeter>();
    const meterOf = (name: string, columns: number): RateMeter => {
      const meter = this.#meters.get(name) ?? new RateMeter(columns);
      meters.set(name, meter);
      return meter;
    };
    const figures = new Float64Array(BUCKETS + BUCKET_COUNT);
    const backendRates = new Map<string, Rates>();
    this.#poolRates = new Map(status.pools.map((pool) => {
      const sums = new Float64Array(BUCKETS);
      const growth = new Float64Array(BUCKET_COUNT);
      for (const { id, figures: now } of pool.backends) {
        const meter = meterOf(`backend ${id}`, figures.length);
        readBackend(now, figures);
        meter.look(nowMs, figures);
        backendRates.set(id, ratesOf(meter));
        for (let column = 0; column < BUCKETS; column++) {
          sums[column] = sums[column] as number + meter.perSecond(column);
        }
        meter.addGrowth(BUCKETS, growth);
      }
      return [pool.name, makeRates((column) => sums[column] as number, growth)];
    }));
    this.#listenerRates = new Map(status.listeners.map(({ key, figures }) => {
      const meter = meterOf(`listener ${key}`, 2);
      meter.look(nowMs, [figures.accepted, refusedOf(figures)]);
      return [key, {
        sessionsPerSecond: round(meter.perSecond(ACCEPTED)),
        refusedPerSecond: round(meter.perSecond(REFUSED)),
      }];
    }));
    this.#backendRates = backendRates;
    this.#meters = meters;
  }

  /** Adds the rates to a status. */
  addTo(status: Status): StatusView {
    return {
      ...status,
      listeners: status.listeners.map((listener) => ({
        ...listener,
        rates: this.#listenerRates.get(listener.key) ?? NO_LISTENER_RATES,
      })),
      pools: status.pools.map((pool) => ({
        ...pool,
        rates: this.#poolRates.get(pool.name) ?? NO_RATES,
        backends: pool.backends.map((backend) => ({
          ...backend,
          rates: this.#backendRates.get(backend.id) ?? NO_RATES,
        })),
      })),
    };
  }
}

function readBackend(from: BackendFigures, to: Float64Array): void {
  to[SESSIONS] = from.sessions;
  to[BYTES_IN] = from.bytesIn;
  to[BYTES_OUT] = from.bytesOut;
  to[ERRORS] = from.connectFailures + from.connectTimeouts + from.earlyResets + from.aborts;
  to.set(from.connectTimes, BUCKETS);
}

function refusedOf(figures: ListenerFigures): number {
  return figures.refusedMaxConnections + figures.refusedMaxConnectionsPerClient +
    figures.refusedConnectionRate + figures.refusedConnectionRatePerClient +
    figures.refusedNoBackend;
}

function ratesOf(meter: RateMeter): Rates {
  const growth = new Float64Array(BUCKET_COUNT);
  meter.addGrowth(BUCKETS, growth);
  return makeRates((column) => meter.perSecond(column), growth);
}

function makeRates(perSecond: (column: number) => number, growth: Float64Array): Rates {
  return {
    sessionsPerSecond: round(perSecond(SESSIONS)),
    bytesInPerSecond: round(perSecond(BYTES_IN)),
    bytesOutPerSecond: round(perSecond(BYTES_OUT)),
    errorsPerSecond: round(perSecond(ERRORS)),
    ...quantilesOf(growth),
  };
}

function quantilesOf(counts: Float64Array): Pick<Rates, "connectTimeP50Ms" | "connectTimeP99Ms"> {
  const p50 = estimateQuantile(CONNECT_TIME, counts, 0.5);
  const p99 = estimateQuantile(CONNECT_TIME, counts, 0.99);
  return {
    connectTimeP50Ms: p50 === undefined ? null : round(p50),
    connectTimeP99Ms: p99 === undefined ? null : round(p99),
  };
}

/** Three decimals are enough for everyone. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
