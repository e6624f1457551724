import { clientPrefix, DEFAULT_PREFIX_LENGTHS, type PrefixLengths } from "../base/client_prefix.ts";
import type { ListenerSettings } from "../config/settings.ts";
import { type ClientLimits, type ClientTable, NO_PLACE } from "../state/client_table.ts";
import { ListenerCell, ListenerTally } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";
import { bucketTime, type TokenRate, tokenRate } from "../state/token_bucket.ts";

/** The limits that a client may meet; 0 = no limit. */
export type AdmissionSettings = Pick<
  ListenerSettings,
  | "maxConnections"
  | "maxConnectionsPerClient"
  | "connectionRate"
  | "connectionRatePerClient"
  | "clientPrefixV4"
  | "clientPrefixV6"
>;

/** Why a client was not let in: the key of the limit that it met. */
export type AdmissionRefusal =
  | "max_connections"
  | "max_connections_per_client"
  | "connection_rate"
  | "connection_rate_per_client";

/**
 * How long a client that has met a limit of sessions is held before it is looked at once more. The
 * session that is in its way may have ended already, and another worker be about to learn of it.
 */
export const HOLD_MS = 10;
/** So many clients are held at once, by a worker for a listener. Any others are refused at once. */
export const MOST_HELD = 64;

/** A client at the door. */
export interface Entrant {
  /** What `addressKeyOfText` or `addressKeyOfBytes` gives; asked for only where it is needed. */
  readonly addressKey: bigint;
}

/** How an admission is told of the world. */
export interface AdmissionOptions {
  /** The time in milliseconds since 1970, the same for all workers. @default {Date.now} */
  readonly now?: () => number;
  /**
   * Hears that there is no place for further clients, so that they share those of their networks.
   * Called once an hour at most, over all workers and listeners.
   */
  readonly onTableFull?: () => void;
}

/** A network has so many bits less than a client: /16 and /48 where nothing else is configured. */
const NETWORK_BITS = 16;

/** The place of a client that was let in and is not counted by itself. */
export const NOT_COUNTED = -1;

const REFUSAL_TALLIES: Readonly<Record<AdmissionRefusal, number>> = {
  max_connections: ListenerTally.refusedMaxConnections,
  max_connections_per_client: ListenerTally.refusedMaxConnectionsPerClient,
  connection_rate: ListenerTally.refusedConnectionRate,
  connection_rate_per_client: ListenerTally.refusedConnectionRatePerClient,
};

/**
 * Decides who may have a session of one listener, before anything is read from the client.
 *
 * Invariant: every client that was admitted leaves exactly once, and one that was refused leaves
 * nothing behind but a tally. All counts are shared by the workers, so that a limit holds over all
 * of them together. A limit that a reload sets counts the clients that come from then on, except
 * `max_connections`, which counts all that are there.
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
  /** Whether the client at hand is limited together with others of its network. */
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

  /**
   * What `leave` wants back from the client that was admitted last: to be read right after that.
   */
  get clientPlace(): number {
    return this.#clientPlace;
  }

  /**
   * Counts a client in, or returns which limit it has met. A client at a limit of sessions is held
   * instead, where {@linkcode MOST_HELD} allows it: nothing is counted about it until
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

  /** Counts a client in that was held, or returns which limit it has met again. */
  admitHeld(settings: AdmissionSettings, client: Entrant): "admitted" | AdmissionRefusal {
    this.#held--;
    return this.#settle(this.#enter(settings, client));
  }

  /**
   * Counts a client out.
   *
   * @param clientPlace what {@linkcode clientPlace} said when it was admitted
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

  /** Prepares what only a reload changes. */
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
    // Never raised above the limit, not even for a moment: another worker would turn away a client
    // that there is room for.
    const entered = this.#state.raiseListenerCell(this.#row, ListenerCell.active, maxConnections);
    return entered ? "admitted" : "max_connections";
  }

  /**
   * The client's own limits come first, so that one that floods does not use up what is for all, and
   * the count of sessions last, so that it is never higher than what is served.
   */
  #enterAll(maxConnections: number, client: Entrant): "admitted" | AdmissionRefusal {
    const state = this.#state;
    // Spares the rest under a flood. What counts is asked for below.
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

  /** What an admitted client holds on to. */
  #keepPlace(limits: ClientLimits, place: number): number {
    if (limits.maxSessions > 0) return place;
    // Held only while its bucket was written.
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

  /** Made when it is first needed: most listeners limit no client. */
  get #clients(): ClientTable {
    return this.#table ??= this.#state.clientTable(this.#slot);
  }

  #tally(tally: number, amount: number): void {
    this.#state.addListenerTally(this.#slot, this.#row, tally, amount);
  }
}

/** Whether a verdict may be another one as soon as a session ends. */
function isLimitOfSessions(verdict: "admitted" | AdmissionRefusal): boolean {
  return verdict === "max_connections" || verdict === "max_connections_per_client";
}
