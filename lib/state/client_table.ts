import { CLIENT_STRIDE, type ClientRegion } from "./layout.ts";
import { returnToken, takeToken, type TokenRate } from "./token_bucket.ts";

/** What {@linkcode ClientTable.enter} returns instead of a place. */
export const NO_PLACE = {
  /** The table has no room for a further client; see {@linkcode ClientTable.enterShared}. */
  none: -1,
  /** The client has reached its limit of sessions. */
  full: -2,
  /** The client has come too often recently. */
  tooFast: -3,
} as const;

/** The place does not, or not yet, belong to the key: the search starts again. */
const GONE = -4;

/** What one client may do. */
export interface ClientLimits {
  /** Sessions at once; 0 = no limit. */
  readonly maxSessions: number;
  /** New sessions over time; absent = no limit. */
  readonly rate: TokenRate | undefined;
}

/** The integers of a place. */
const KEY = 0;
const WORD = 1;
const BUCKET = 2;

/** What the word of a place says about it, in bits 32 and 33. */
const EMPTY = 0n;
const CLAIMED = 1n;
const INSERTING = 2n;
const MEMBER = 3n;

const STATE_SHIFT = 32n;
const STATE_MASK = 3n;
const VERSION_SHIFT = 34n;
const VERSION_STEP = 1n << VERSION_SHIFT;
const UNIT_STEP = VERSION_STEP + 1n;

const IPV4_END = 1n << 32n;
/** Keeps the keys of the two families apart from each other and from 0. */
const IPV4_MARK = 1n << 62n;
const IPV6_MARK = 1n << 63n;

/** A key is at most this far from the place that it hashes to. */
const WINDOW = 64;
/** Two workers that keep interfering with each other give up; the client gets no place. */
const MOST_ATTEMPTS = 16;
/** No bucket is deeper; a time further ahead was written before the clock was set back. */
const DEEPEST_BUCKET_NS = 120_000_000_000n;
/** How often a full table is reported: an attack may last for hours. */
const NOTICE_INTERVAL_NS = 3_600_000_000_000n;

/**
 * How many sessions each client has, and how many more it may start now: one table in shared memory
 * for all workers and listeners, with open addressing and without locks.
 *
 * A place holds a *key*, a *word* and a token *bucket*. The word is a count (32 bits), a state and
 * a version (30 bits) that every change of the word increments; every change of a word that others
 * may write is a compare-and-exchange. So a thread that read a word, then the key or the bucket,
 * and then replaces that very word knows that key and bucket were what it read throughout.
 *
 * - `EMPTY`: free to take. A word that is still 0 was never used, and no key is beyond it in the
 *   window of its hash, so a search ends there.
 * - `CLAIMED`: written only by its owner, the worker slot that is stored in place of the count.
 * - `INSERTING`: the owner has written the key and is looking for another place with the same key.
 * - `MEMBER`: the key's one place. The count says how many sessions hold it; while it is not 0 the
 *   place cannot change hands, and only then is the bucket written.
 *
 * Taking a place over: from `EMPTY`, or from `MEMBER` with count 0 and a full bucket, which carries
 * no more information than no place at all; to `CLAIMED`, write key and bucket, to `INSERTING`,
 * look through the whole window, to `MEMBER`. An owner that finds its key as `MEMBER` elsewhere
 * releases its own place; one that finds it `INSERTING` sets that place back to `CLAIMED`, and its
 * owner then starts again.
 *
 * After these places come others that are *shared* by clients that got none of their own. They have
 * no owner and always exist; only the count and the version of their words are used.
 *
 * Invariant: a key has at most one place that is `MEMBER`. Of two threads that insert the same key,
 * the one that wrote `INSERTING` later sees the other's place when it looks, and by then the other
 * either is a member or can no longer become one.
 *
 * What a worker holds is also recorded in its *shares*, for {@linkcode release}. The count is
 * raised first and lowered last, so a thread that dies in between leaves the count too high, never
 * so low that a limit is exceeded.
 */
export class ClientTable {
  readonly #cells: BigInt64Array;
  readonly #shares: Int32Array;
  readonly #region: ClientRegion;
  readonly #slot: number;
  readonly #owner: bigint;
  readonly #window: number;
  /** The places for one client each, and those that are shared. */
  readonly #allPlaces: number;

  /**
   * @param buffer the shared memory
   * @param region where the table is in it
   * @param slot the worker's slot
   */
  constructor(buffer: SharedArrayBuffer, region: ClientRegion, slot: number) {
    this.#cells = new BigInt64Array(buffer);
    this.#shares = new Int32Array(buffer);
    this.#region = region;
    this.#slot = slot;
    this.#owner = BigInt(slot);
    this.#window = Math.min(WINDOW, region.places);
    this.#allPlaces = region.places + region.sharedPlaces;
  }

  /**
   * Counts a client in if its limits allow, or else changes nothing. A client with only a rate
   * limit should `leave` again once it has been admitted.
   *
   * @param key what {@linkcode keyOf} returns
   * @param nowNs what `bucketTime` returns
   * @returns the place to pass to {@linkcode leave}, or one of {@linkcode NO_PLACE}
   */
  enter(key: bigint, { maxSessions, rate }: ClientLimits, nowNs: bigint): number {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const found = this.#find(key);
      const place = found >= 0 ? found : this.#insert(key, nowNs);
      if (place === NO_PLACE.none) return place;
      if (place < 0) continue;
      const refusal = this.#countIn(place, key, maxSessions);
      if (refusal === GONE) continue;
      return refusal < 0 ? refusal : this.#takeToken(place, rate, nowNs);
    }
    return NO_PLACE.none;
  }

  /**
   * Counts in a client that has no place of its own, together with all others of the same `key` and
   * a few of other keys: the limits apply to all of them as if they were one.
   *
   * @param key what {@linkcode keyOf} returns for the network that the client comes from
   * @returns what {@linkcode enter} returns, but never `none`
   */
  enterShared(key: bigint, { maxSessions, rate }: ClientLimits, nowNs: bigint): number {
    const place = this.#region.places + this.#hash(key, this.#region.sharedPlaces);
    const refusal = this.#countIn(place, undefined, maxSessions);
    return refusal < 0 ? refusal : this.#takeToken(place, rate, nowNs);
  }

  /** Whether to report now that the table is full: once an hour, by one of the threads. */
  takeNotice(nowNs: bigint): boolean {
    const { notice } = this.#region;
    const lastNs = Atomics.load(this.#cells, notice);
    const isDue = lastNs === 0n || nowNs - lastNs >= NOTICE_INTERVAL_NS;
    return isDue && Atomics.compareExchange(this.#cells, notice, lastNs, nowNs) === lastNs;
  }

  /** Undoes an {@linkcode enter} that did not lead to a session. */
  cancel(place: number, { rate }: ClientLimits): void {
    if (rate !== undefined) returnToken(this.#cells, this.#at(place) + BUCKET, rate);
    this.leave(place);
  }

  /** Counts a client out of the place that {@linkcode enter} returned. */
  leave(place: number): void {
    Atomics.sub(this.#shares, this.#shareAt(this.#slot, place), 1);
    this.#countOut(place, 1n);
  }

  /**
   * The key of a client of one listener: exact for IPv4, and 63 bits of a hash for IPv6. Its seeds
   * are secret, so no one can choose an address that counts as someone else's.
   *
   * @param addressKey what `addressKeyOfText` returns
   * @param row the listener's row
   */
  keyOf(addressKey: bigint, row: number): bigint {
    const listener = BigInt(row);
    if (addressKey < IPV4_END) return IPV4_MARK | listener << 32n | addressKey;
    const { seeds } = this.#region;
    const upper = mix64(addressKey >> 64n ^ (this.#cells[seeds] as bigint));
    const whole = mix64(upper ^ addressKey ^ listener << 32n ^ (this.#cells[seeds + 1] as bigint));
    return BigInt.asIntN(64, whole | IPV6_MARK);
  }

  /** How many sessions a client has over all workers. */
  sessions(key: bigint): number {
    const place = this.#find(key);
    return place < 0 ? 0 : countOf(Atomics.load(this.#cells, this.#at(place) + WORD));
  }

  /**
   * Releases what a dead worker held, and the places that it was about to take over. Called by the
   * main thread once the worker can no longer write.
   */
  release(slot: number): void {
    for (let place = 0; place < this.#allPlaces; place++) {
      const at = this.#at(place) + WORD;
      const word = Atomics.load(this.#cells, at);
      if (word === 0n) continue;
      const share = Atomics.exchange(this.#shares, this.#shareAt(slot, place), 0);
      if (share > 0) this.#countOut(place, BigInt(share));
      const state = stateOf(word);
      const isOwned = (state === CLAIMED || state === INSERTING) && countOf(word) === slot;
      // A thread that inserts the same key may set it back meanwhile; the owner stays the same.
      if (isOwned) this.#replaceOwned(at, EMPTY, 0n);
    }
  }

  /** The place of a key, or -1. */
  #find(key: bigint): number {
    const home = this.#homeOf(key);
    for (let step = 0; step < this.#window; step++) {
      const place = this.#step(home, step);
      const at = this.#at(place);
      const word = Atomics.load(this.#cells, at + WORD);
      if (word === 0n) return -1;
      if (stateOf(word) === MEMBER && Atomics.load(this.#cells, at + KEY) === key) return place;
    }
    return -1;
  }

  /**
   * Adds one to a count and returns 0, or returns why not.
   *
   * @param key whose place it has to be; absent for one that is shared
   */
  #countIn(place: number, key: bigint | undefined, maxSessions: number): number {
    const at = this.#at(place);
    for (;;) {
      const word = Atomics.load(this.#cells, at + WORD);
      const isOwn = key === undefined ||
        stateOf(word) === MEMBER && Atomics.load(this.#cells, at + KEY) === key;
      if (!isOwn) return GONE;
      if (maxSessions > 0 && countOf(word) >= maxSessions) return NO_PLACE.full;
      if (this.#replace(at + WORD, word, word + UNIT_STEP)) {
        Atomics.add(this.#shares, this.#shareAt(this.#slot, place), 1);
        return 0;
      }
    }
  }

  /** Returns the place of a client that was counted in, unless it comes too fast. */
  #takeToken(place: number, rate: TokenRate | undefined, nowNs: bigint): number {
    if (rate === undefined || takeToken(this.#cells, this.#at(place) + BUCKET, rate, nowNs)) {
      return place;
    }
    this.leave(place);
    return NO_PLACE.tooFast;
  }

  #countOut(place: number, amount: bigint): void {
    const at = this.#at(place) + WORD;
    for (;;) {
      const word = Atomics.load(this.#cells, at);
      if (this.#replace(at, word, word + VERSION_STEP - amount)) return;
    }
  }

  /** Makes a key a member. Returns its place, `none` if there is no room, or `GONE`. */
  #insert(key: bigint, nowNs: bigint): number {
    const home = this.#homeOf(key);
    const place = this.#claim(home, nowNs);
    if (place < 0) return NO_PLACE.none;
    const at = this.#at(place);
    Atomics.store(this.#cells, at + KEY, key);
    Atomics.store(this.#cells, at + BUCKET, 0n);
    const inserting = this.#replaceOwned(at + WORD, INSERTING, this.#owner);
    const other = this.#settle(home, place, key);
    if (other < 0 && this.#replace(at + WORD, inserting, nextWord(inserting, MEMBER, 0n))) {
      return place;
    }
    this.#replaceOwned(at + WORD, EMPTY, 0n);
    return other;
  }

  /** Claims the first available place of a window, or returns -1. */
  #claim(home: number, nowNs: bigint): number {
    for (let step = 0; step < this.#window; step++) {
      const place = this.#step(home, step);
      const at = this.#at(place);
      const word = Atomics.load(this.#cells, at + WORD);
      const state = stateOf(word);
      const isFree = state === EMPTY ||
        state === MEMBER && countOf(word) === 0 && this.#isBucketFull(at + BUCKET, nowNs);
      if (isFree && this.#replace(at + WORD, word, nextWord(word, CLAIMED, this.#owner))) {
        return place;
      }
    }
    return -1;
  }

  /**
   * Makes sure that no other thread makes the key a member; returns the place if one already has.
   */
  #settle(home: number, own: number, key: bigint): number {
    for (let step = 0; step < this.#window; step++) {
      const place = this.#step(home, step);
      if (place === own) continue;
      const at = this.#at(place);
      for (;;) {
        const word = Atomics.load(this.#cells, at + WORD);
        if (word === 0n) return GONE;
        const state = stateOf(word);
        if (state !== MEMBER && state !== INSERTING) break;
        const isKey = Atomics.load(this.#cells, at + KEY) === key;
        if (isKey && state === INSERTING) {
          const owner = BigInt.asUintN(32, word);
          if (this.#replace(at + WORD, word, nextWord(word, CLAIMED, owner))) break;
        } else if (Atomics.load(this.#cells, at + WORD) === word) {
          if (isKey) return place;
          break;
        }
      }
    }
    return GONE;
  }

  #isBucketFull(at: number, nowNs: bigint): boolean {
    const fullNs = Atomics.load(this.#cells, at);
    return fullNs <= nowNs || fullNs > nowNs + DEEPEST_BUCKET_NS;
  }

  #replace(at: number, word: bigint, next: bigint): boolean {
    return Atomics.compareExchange(this.#cells, at, word, next) === word;
  }

  /** Changes the state of a place that this thread owns, and returns the new word. */
  #replaceOwned(at: number, state: bigint, value: bigint): bigint {
    for (;;) {
      const word = Atomics.load(this.#cells, at);
      const next = nextWord(word, state, value);
      if (this.#replace(at, word, next)) return next;
    }
  }

  /** Where the search for a key begins. */
  #homeOf(key: bigint): number {
    return this.#hash(key, this.#region.places);
  }

  /** A number below `size`, a power of 2. The seeds are secret, so no one can aim at a place. */
  #hash(key: bigint, size: number): number {
    const seed = this.#cells[this.#region.seeds] as bigint;
    return Number(BigInt.asUintN(32, mix64(key ^ seed))) & (size - 1);
  }

  #step(home: number, step: number): number {
    return (home + step) & (this.#region.places - 1);
  }

  #at(place: number): number {
    return this.#region.cells + place * CLIENT_STRIDE;
  }

  #shareAt(slot: number, place: number): number {
    return this.#region.shares + slot * this.#allPlaces + place;
  }
}

function stateOf(word: bigint): bigint {
  return word >> STATE_SHIFT & STATE_MASK;
}

function countOf(word: bigint): number {
  return Number(BigInt.asUintN(32, word));
}

/** The successor of a word, in another state. */
function nextWord(word: bigint, state: bigint, value: bigint): bigint {
  const version = (word >> VERSION_SHIFT) + 1n;
  const next = BigInt.asIntN(64, version << VERSION_SHIFT | state << STATE_SHIFT | value);
  // 0 marks a word that was never used.
  return next === 0n ? VERSION_STEP : next;
}

/** A bijective mix of 64 bits: the finalizer of SplitMix64 (Steele, Lea, Flood). */
function mix64(value: bigint): bigint {
  let mixed = BigInt.asUintN(64, value);
  mixed = BigInt.asUintN(64, (mixed ^ mixed >> 30n) * 0xbf58476d1ce4e5b9n);
  mixed = BigInt.asUintN(64, (mixed ^ mixed >> 27n) * 0x94d049bb133111ebn);
  return mixed ^ mixed >> 31n;
}
