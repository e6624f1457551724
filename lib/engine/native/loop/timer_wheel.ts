/** No slot: the timer is not running. */
const OFF = -1;
const FIRST_CAPACITY = 256;

/** What happens when a timer is due. It may set any timer, this one included. */
export type OnDue = (id: number, nowMs: number) => void;

/**
 * One timer for each descriptor, all in one hashed wheel (Varghese and Lauck, "Hashed and
 * hierarchical timing wheels", 1987): setting or stopping one costs the same however many are
 * running, and allocates nothing.
 *
 * A slot is a doubly linked list of ids in two arrays of integers. A timer further ahead than the
 * wheel reaches waits in its slot until the right turn of the wheel.
 */
export class TimerWheel {
  readonly #tickMs: number;
  readonly #slots: number;
  readonly #onDue: OnDue;
  readonly #heads: Int32Array;
  #slotOf = new Int32Array(FIRST_CAPACITY).fill(OFF);
  #next = new Int32Array(FIRST_CAPACITY);
  #previous = new Int32Array(FIRST_CAPACITY);
  /** The tick at which a timer is due, counted from 0 at the origin of `performance.now()`. */
  #dueTick = new Float64Array(FIRST_CAPACITY);
  /** All ticks up to this one have been processed. */
  #doneTick: number;
  /** No slot before this tick has a timer. */
  #soonestTick = Infinity;
  #size = 0;

  /**
   * @param tickMs the precision of timers; they are never early
   * @param slots how many ticks the wheel reaches ahead; a power of 2
   * @param nowMs `performance.now()`
   */
  constructor(tickMs: number, slots: number, nowMs: number, onDue: OnDue) {
    this.#tickMs = tickMs;
    this.#slots = slots;
    this.#onDue = onDue;
    this.#heads = new Int32Array(slots).fill(OFF);
    this.#doneTick = Math.floor(nowMs / tickMs);
  }

  /** How many timers are running. */
  get size(): number {
    return this.#size;
  }

  /** Sets a timer, replacing any with the same id. */
  set(id: number, atMs: number): void {
    if (id >= this.#slotOf.length) this.#grow(id);
    if (this.#slotOf[id] !== OFF) this.stop(id);
    const tick = Math.max(Math.ceil(atMs / this.#tickMs), this.#doneTick + 1);
    const slot = tick & (this.#slots - 1);
    const head = this.#heads[slot] as number;
    this.#dueTick[id] = tick;
    this.#slotOf[id] = slot;
    this.#next[id] = head;
    this.#previous[id] = OFF;
    if (head !== OFF) this.#previous[head] = id;
    this.#heads[slot] = id;
    this.#size++;
    if (tick < this.#soonestTick) this.#soonestTick = tick;
  }

  /** Stops a timer, if it is running. */
  stop(id: number): void {
    const slot = this.#slotOf[id] ?? OFF;
    if (slot === OFF) return;
    const next = this.#next[id] as number;
    const previous = this.#previous[id] as number;
    if (next !== OFF) this.#previous[next] = previous;
    if (previous === OFF) this.#heads[slot] = next;
    else this.#next[previous] = next;
    this.#slotOf[id] = OFF;
    this.#size--;
  }

  /** When to turn the wheel next; `Infinity` while no timer is running. */
  get nextDueMs(): number {
    return this.#soonestTick * this.#tickMs;
  }

  /** Turns the wheel up to now. */
  advance(nowMs: number): void {
    const nowTick = Math.floor(nowMs / this.#tickMs);
    if (nowTick < this.#soonestTick) {
      this.#doneTick = nowTick;
      return;
    }
    // After a long pause one turn of the wheel passes every slot.
    let tick = Math.max(this.#doneTick + 1, nowTick - this.#slots + 1);
    for (; tick <= nowTick; tick++) {
      this.#doneTick = tick;
      this.#turn(tick & (this.#slots - 1), nowTick, nowMs);
    }
    this.#soonestTick = this.#findSoonest();
  }

  #turn(slot: number, nowTick: number, nowMs: number): void {
    let id = this.#heads[slot] as number;
    while (id !== OFF) {
      if ((this.#dueTick[id] as number) <= nowTick) {
        this.stop(id);
        this.#onDue(id, nowMs);
        // That may have set or stopped any other timer; those due later are skipped again.
        id = this.#heads[slot] as number;
      } else {
        id = this.#next[id] as number;
      }
    }
  }

  /** Timers further ahead than the wheel reaches are found once it has turned. */
  #findSoonest(): number {
    if (this.#size === 0) return Infinity;
    const lastTick = this.#doneTick + this.#slots;
    for (let tick = this.#doneTick + 1; tick < lastTick; tick++) {
      if (this.#heads[tick & (this.#slots - 1)] !== OFF) return tick;
    }
    return lastTick;
  }

  #grow(id: number): void {
    const capacity = Math.max(2 * this.#slotOf.length, id + 1);
    const slotOf = new Int32Array(capacity).fill(OFF);
    const next = new Int32Array(capacity);
    const previous = new Int32Array(capacity);
    const dueTick = new Float64Array(capacity);
    slotOf.set(this.#slotOf);
    next.set(this.#next);
    previous.set(this.#previous);
    dueTick.set(this.#dueTick);
    this.#slotOf = slotOf;
    this.#next = next;
    this.#previous = previous;
    this.#dueTick = dueTick;
  }
}
