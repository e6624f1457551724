import { bucketCount, CONNECT_TIME, estimateQuantile } from "../../state/histograms.ts";
import type { BackendFigures, ListenerFigures } from "../../state/snapshot.ts";
import type { Status } from "../../supervisor/status.ts";
import { RateMeter } from "./rate_meter.ts";
import type { BackendView, ListenerView, Rates, StatusView } from "./status_view.ts";

/**
 * The figures of a backend that a meter tracks, by index; the buckets of the connect time follow.
 */
const SESSIONS = 0;
const BYTES_IN = 1;
const BYTES_OUT = 2;
const ERRORS = 3;
const BUCKETS = 4;
/** The figures of a listener that are not sums over its backends, by index. */
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

/** The sums of a pool's rates. */
interface PoolTraffic extends Pick<Rates, "connectTimeP50Ms" | "connectTimeP99Ms"> {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly errors: number;
}

const NO_TRAFFIC: PoolTraffic = {
  bytesIn: 0,
  bytesOut: 0,
  errors: 0,
  connectTimeP50Ms: null,
  connectTimeP99Ms: null,
};

/** The rates of all listeners and backends, as of the last sample. */
export class RateBook {
  #meters = new Map<string, RateMeter>();
  #rates = new Map<string, Rates>();

  /**
   * Samples the figures. Call it about once a second.
   *
   * @param nowMs from a monotonic clock, unlike the time in the status
   */
  look(status: Status, nowMs: number = performance.now()): void {
    const meters = new Map<string, RateMeter>();
    const rates = new Map<string, Rates>();
    const meterOf = (name: string, columns: number): RateMeter => {
      const meter = this.#meters.get(name) ?? new RateMeter(columns);
      meters.set(name, meter);
      return meter;
    };
    const figures = new Float64Array(BUCKETS + BUCKET_COUNT);
    const traffic = new Map<string, PoolTraffic>();
    for (const pool of status.pools) {
      const growth = new Float64Array(BUCKET_COUNT);
      const sums = { bytesIn: 0, bytesOut: 0, errors: 0 };
      for (const backend of pool.backends) {
        const meter = meterOf(backendKey(backend.id), figures.length);
        readBackend(backend.figures, figures);
        meter.look(nowMs, figures);
        rates.set(backendKey(backend.id), backendRates(meter));
        meter.addGrowth(BUCKETS, growth);
        sums.bytesIn += meter.perSecond(BYTES_IN);
        sums.bytesOut += meter.perSecond(BYTES_OUT);
        sums.errors += meter.perSecond(ERRORS);
      }
      traffic.set(pool.name, { ...sums, ...quantilesOf(growth) });
    }
    for (const listener of status.listeners) {
      const meter = meterOf(listenerKey(listener.key), 2);
      meter.look(nowMs, [listener.figures.accepted, refusedOf(listener.figures)]);
      const { bytesIn, bytesOut, errors, ...quantiles } = traffic.get(listener.pool) ?? NO_TRAFFIC;
      rates.set(listenerKey(listener.key), {
        sessionsPerSecond: round(meter.perSecond(ACCEPTED)),
        bytesInPerSecond: round(bytesIn),
        bytesOutPerSecond: round(bytesOut),
        errorsPerSecond: round(errors + meter.perSecond(REFUSED)),
        ...quantiles,
      });
    }
    this.#meters = meters;
    this.#rates = rates;
  }

  /** Adds the rates to a status. */
  addTo(status: Status): StatusView {
    const { pools: all, ...rest } = status;
    const pools = new Map(all.map((pool) => [pool.name, pool]));
    return {
      ...rest,
      listeners: status.listeners.map((listener): ListenerView => {
        const pool = pools.get(listener.pool);
        return {
          ...listener,
          address: listener.addresses.join(", "),
          algorithm: pool?.algorithm ?? "",
          unresolved: pool?.unresolved ?? [],
          figures: { ...pool?.figures, ...listener.figures } as ListenerView["figures"],
          rates: this.#rates.get(listenerKey(listener.key)) ?? NO_RATES,
          backends: (pool?.backends ?? []).map((backend): BackendView => ({
            ...backend,
            rates: this.#rates.get(backendKey(backend.id)) ?? NO_RATES,
          })),
        };
      }),
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

function backendRates(meter: RateMeter): Rates {
  const growth = new Float64Array(BUCKET_COUNT);
  meter.addGrowth(BUCKETS, growth);
  return {
    sessionsPerSecond: round(meter.perSecond(SESSIONS)),
    bytesInPerSecond: round(meter.perSecond(BYTES_IN)),
    bytesOutPerSecond: round(meter.perSecond(BYTES_OUT)),
    errorsPerSecond: round(meter.perSecond(ERRORS)),
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

function listenerKey(key: string): string {
  return `listener ${key}`;
}

function backendKey(id: string): string {
  return `backend ${id}`;
}
