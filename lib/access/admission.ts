import { clientPrefix, DEFAULT_PREFIX_LENGTHS, type PrefixLengths } from "../base/client_prefix.ts";
import type { ListenerSettings } from "../config/settings.ts";
import { type ClientLimits, type ClientTable, NO_PLACE } from "../state/client_table.ts";
import { ListenerCell, ListenerTally } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";
import { bucketTime, type TokenRate, tokenRate } from "../state/token_bucket.ts";

/** The limits that apply to clients; 0 = no limit. */
export type AdmissionSettings = Pick<
  ListenerSettings,
  | "maxConnections"
  | "maxConnectionsPerClient"
  | "connectionRate"
  | "connectionRatePerClient"
  | "clientPrefixV4"
  | "clientPrefixV6"
>;

/** Why a client was refused: the key of the limit that was reached. */
export type AdmissionRefusal =
  | "max_connections"
  | "max_connections_per_client"
  | "connection_rate"
  | "connection_rate_per_client";

/**
 * How long a client that has reached a limit on sessions is held before it is checked again. The
 * session in its way may have ended already, and another worker may be about to notice.
 */
export const HOLD_MS = 10;
/**
 * The maximum number of clients held at once, per worker and listener. Others are refused at once.
 */
export const MOST_HELD = 64;

/** A client to be admitted or refused. */
export interface Entrant {
  /** As returned by `addressKeyOfText` or `addressKeyOfBytes`; read only if it is needed. */
  readonly addressKey: bigint;
}

/** What an admission depends on besides the shared state. */
export interface AdmissionOptions {
  /** The time in milliseconds since 1970, the same for all workers. @default {Date.now} */
  readonly now?: () => number;
  /**
   * Called when there is no place for further clients, which then share the places of their
   * networks. Called at most once an hour, over all workers and listeners.
   */
  readonly onTableFull?: () => void;
}

/**
 * How much shorter the prefix of a network is than that of a client: /16 and /48 where nothing else
 * is configured.
 */
const NETWORK_BITS = 16;

/** The place of a client that was admitted and is not counted individually. */
export const NOT_COUNTED = -1;

const REFUSAL_TALLIES: Readonly<Record<AdmissionRefusal, number>> = {
  max_connections: ListenerTally.refusedMaxConnections,
  max_connections_per_client: ListenerTally.refusedMaxConnectionsPerClient,
  connection_rate: ListenerTally.refusedConnectionRate,
  connection_rate_per_client: ListenerTally.refusedConnectionRatePerClient,
};

/**
 * Decides which clients of one listener get a session, before anything is read from them.
 *
 * Invariant: every client that was admitted leaves exactly once, and one that was refused leaves
 * nothing behind but a tally. All counts are shared by the workers, so a limit holds over all of
 * them together. A limit that a reload sets counts the clients that arrive from then on, except
 * `max_connections`, which counts all existing ones too.
 */
export class Admission {
  readonly #state: SharedState;
  readonly #slot: number;
  readonly #row: number;
  readonly #now: () => number;
  readonly #onTableFull: () => void;
  #table: ClientTable | undefined;
  #settings: AdmissionSettings | undefined;
  #rate: TokenRate | undefined;
  #clientLimits: ClientLimits | undefined;
  #clientBits: PrefixLengths = DEFAULT_PREFIX_LENGTHS;
  #networkBits: PrefixLengths = DEFAULT_PREFIX_LENGTHS;
  #clientPlace = NOT_COUNTED;
  /** Whether the current client shares its limits with others of its network. */
  #isSharing = false;
  #held = 0;

  /**
   * @param slot the worker's slot in the shared state
   * @param row the listener's row in the shared state
   */
  constructor(state: SharedState, slot: number, row: number, options: AdmissionOptions = {}) {
    this.#state = state;
    this.#slot = slot;
    this.#row = row;
    this.#now = options.now ?? Date.now;
    this.#onTableFull = options.onTableFull ?? (() => {});
  }

  /** What to pass to `leave` for the client that was admitted last; read it right after that. */
  get clientPlace(): number {
    return this.#clientPlace;
  }

  /**
   * Counts a client in, or returns which limit was reached. A client that reaches a limit on
   * sessions is held instead, if {@linkcode MOST_HELD} allows it: it is not counted at all until
   * {@linkcode admitHeld} is called for it, {@linkcode HOLD_MS} later or when the listener closes.
   */
  admit(settings: AdmissionSettings, client: Entrant): "admitted" | "held" | AdmissionRefusal {
    const verdict = this.#enter(settings, client);
    if (isLimitOfSessions(verdict) && this.#held < MOST_HELD) {
      this.#held++;
      return "held";
    }
    return this.#settle(verdict);
  }

  /** Counts a held client in, or returns which limit was reached again. */
  admitHeld(settings: AdmissionSettings, client: Entrant): "admitted" | AdmissionRefusal {
    this.#held--;
    return this.#settle(this.#enter(settings, client));
  }

  /**
   * Leaves a client that is held to another listener's admission, whose `admitHeld` is then to be
   * called for it: the address it came by has become that listener's.
   */
  handOver(to: Admission): void {
    this.#held--;
    to.#held++;
  }

  /**
   * Counts a client out.
   *
   * @param clientPlace the value of {@linkcode clientPlace} when it was admitted
   */
  leave(clientPlace: number): void {
    this.#tally(ListenerTally.active, -1);
    this.#state.addListenerCell(this.#row, ListenerCell.active, -1);
    if (clientPlace >= 0) this.#clients.leave(clientPlace);
  }

  #enter(settings: AdmissionSettings, client: Entrant): "admitted" | AdmissionRefusal {
    if (settings !== this.#settings) this.#adopt(settings);
    this.#isSharing = false;
    return this.#rate === undefined && this.#clientLimits === undefined
      ? this.#enterListener(settings.maxConnections)
      : this.#enterAll(settings.maxConnections, client);
  }

  #settle(verdict: "admitted" | AdmissionRefusal): "admitted" | AdmissionRefusal {
    this.#tally(ListenerTally.accepted, 1);
    if (this.#isSharing) this.#tally(ListenerTally.sharedLimits, 1);
    if (verdict === "admitted") this.#tally(ListenerTally.active, 1);
    else this.#tally(REFUSAL_TALLIES[verdict], 1);
    return verdict;
  }

  /** Prepares what changes only on a reload. */
  #adopt(settings: AdmissionSettings): void {
    const { connectionRate, connectionRatePerClient, maxConnectionsPerClient } = settings;
    this.#settings = settings;
    this.#rate = connectionRate > 0 ? tokenRate(connectionRate) : undefined;
    const rate = connectionRatePerClient > 0 ? tokenRate(connectionRatePerClient) : undefined;
    const isClientLimited = rate !== undefined || maxConnectionsPerClient > 0;
    this.#clientLimits = isClientLimited
      ? { maxSessions: maxConnectionsPerClient, rate }
      : undefined;
    const { clientPrefixV4: v4, clientPrefixV6: v6 } = settings;
    this.#clientBits = { v4, v6 };
    this.#networkBits = { v4: Math.max(0, v4 - NETWORK_BITS), v6: Math.max(0, v6 - NETWORK_BITS) };
    this.#clientPlace = NOT_COUNTED;
  }

  #enterListener(maxConnections: number): "admitted" | "max_connections" {
    if (maxConnections === 0) {
      this.#state.addListenerCell(this.#row, ListenerCell.active, 1);
      return "admitted";
    }
    // Never raised above the limit, not even briefly: another worker would refuse a client that
    // there is room for.
    const entered = this.#state.raiseListenerCell(this.#row, ListenerCell.active, maxConnections);
    return entered ? "admitted" : "max_connections";
  }

  /**
   * The client's own limits come first, so that a flooding client does not use up what is shared by
   * all, and the count of sessions last, so that it never exceeds what is served.
   */
  #enterAll(maxConnections: number, client: Entrant): "admitted" | AdmissionRefusal {
    const state = this.#state;
    // A shortcut that saves work under a flood. The decisive check is below.
    const isFull = maxConnections > 0 &&
      state.listenerCell(this.#row, ListenerCell.active) >= maxConnections;
    if (isFull) return "max_connections";

    const nowNs = bucketTime(this.#now());
    const limits = this.#clientLimits;
    const place = limits === undefined ? NOT_COUNTED : this.#enterTable(limits, client, nowNs);
    if (place === NO_PLACE.full) return "max_connections_per_client";
    if (place === NO_PLACE.tooFast) return "connection_rate_per_client";

    const rate = this.#rate;
    if (rate !== undefined && !state.takeListenerToken(this.#row, rate, nowNs)) {
      if (limits !== undefined && place >= 0) this.#clients.cancel(place, limits);
      return "connection_rate";
    }
    const verdict = this.#enterListener(maxConnections);
    if (verdict !== "admitted") {
      if (rate !== undefined) state.returnListenerToken(this.#row, rate);
      if (limits !== undefined && place >= 0) this.#clients.cancel(place, limits);
      return verdict;
    }
    this.#clientPlace = limits === undefined ? NOT_COUNTED : this.#keepPlace(limits, place);
    return verdict;
  }

  /** The place that an admitted client keeps. */
  #keepPlace(limits: ClientLimits, place: number): number {
    if (limits.maxSessions > 0) return place;
    // The place was held only while its bucket was written.
    this.#clients.leave(place);
    return NOT_COUNTED;
  }

  #enterTable(limits: ClientLimits, { addressKey }: Entrant, nowNs: bigint): number {
    const clients = this.#clients;
    const key = clients.keyOf(clientPrefix(addressKey, this.#clientBits), this.#row);
    const place = clients.enter(key, limits, nowNs);
    if (place !== NO_PLACE.none) return place;
    this.#isSharing = true;
    if (clients.takeNotice(nowNs)) this.#onTableFull();
    const network = clients.keyOf(clientPrefix(addressKey, this.#networkBits), this.#row);
    return clients.enterShared(network, limits, nowNs);
  }

  /** Created when first needed: most listeners have no limits for clients. */
  get #clients(): ClientTable {
    return this.#table ??= this.#state.clientTable(this.#slot);
  }

  #tally(tally: number, amount: number): void {
    this.#state.addListenerTally(this.#slot, this.#row, tally, amount);
  }
}

/** Whether a verdict may change as soon as a session ends. */
function isLimitOfSessions(verdict: "admitted" | AdmissionRefusal): boolean {
  return verdict === "max_connections" || verdict === "max_connections_per_client";
}
