import type { BackendSettings, PoolSettings } from "../config/settings.ts";
import type { Due } from "./_due_order.ts";
import { probedPort } from "./probe.ts";
import { RiseFall } from "./rise_fall.ts";

/** One backend that is checked periodically: what is known about it, and when it is next due. */
export class Check implements Due {
  dueMs = 0;
  place = -1;
  pool: PoolSettings;
  backend: BackendSettings;
  readonly poolRow: number;
  readonly row: number;
  readonly riseFall: RiseFall;
  /** The probe in progress. */
  probing: Probing | undefined;

  constructor(
    place: { readonly poolRow: number; readonly row: number },
    pool: PoolSettings,
    backend: BackendSettings,
  ) {
    this.poolRow = place.poolRow;
    this.row = place.row;
    this.pool = pool;
    this.backend = backend;
    this.riseFall = new RiseFall(pool.healthRise, pool.healthFall);
  }

  /**
   * Adopts new settings. Returns whether a probe by the old ones would no longer prove anything.
   */
  adopt(pool: PoolSettings, backend: BackendSettings): boolean {
    const before = fingerprint(this.pool, this.backend);
    this.pool = pool;
    this.backend = backend;
    this.riseFall.adapt(pool.healthRise, pool.healthFall);
    return fingerprint(pool, backend) !== before;
  }
}

/** One probe in progress, ordered by deadline. */
export class Probing implements Due {
  dueMs = 0;
  place = -1;
  readonly check: Check;
  readonly startedMs: number;
  /**
   * Whether the backend was ejected when the probe started: only then can it prove the opposite.
   */
  readonly whileEjected: boolean;
  readonly #controller = new AbortController();

  constructor(check: Check, startedMs: number, whileEjected: boolean) {
    this.check = check;
    this.startedMs = startedMs;
    this.whileEjected = whileEjected;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(): void {
    this.#controller.abort();
  }
}

/** Whether there is anything to check, and where. */
export function isCheckable(pool: PoolSettings, backend: BackendSettings): boolean {
  return pool.healthCheck.kind !== "off" && probedPort({ pool, backend }) !== 0;
}

/** Everything that the result of a probe depends on. */
function fingerprint(pool: PoolSettings, backend: BackendSettings): string {
  const { healthCheck, healthSend, healthExpect, healthPort, proxyProtocol } = pool;
  const { address, candidates } = backend;
  return JSON.stringify([
    [healthCheck, healthSend, healthExpect, healthPort, proxyProtocol],
    [address.hostname, address.port, candidates],
  ]);
}
