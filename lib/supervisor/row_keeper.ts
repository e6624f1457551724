import { RowTable } from "../state/row_table.ts";

/** What has a row, and is not in force. */
export interface Leaver<Thing> {
  readonly name: string;
  readonly row: number;
  /** As it was when it was last in force, or planned. */
  readonly thing: Thing;
  /** Whether it was ever in force; otherwise it was left by a discarded plan. */
  readonly wasInForce: boolean;
}

/** What the rows of one kind hold. */
export interface RowKind {
  /** How many rows there are. */
  readonly capacity: number;
  /** In the plural, for messages. */
  readonly noun: string;
}

/**
 * The rows of one kind, from one generation to the next: what stays keeps its row, and what was
 * removed keeps it until nothing is counted there any more. What comes back before that gets the
 * same row again.
 */
export class RowKeeper<Thing> {
  readonly #kind: RowKind;
  readonly #rows: RowTable;
  #inForce: ReadonlyMap<string, Thing> = new Map();
  /** What the current plan needs. */
  #planned = new Map<string, Thing>();
  readonly #leavers = new Map<string, Leaver<Thing>>();

  constructor(kind: RowKind) {
    this.#kind = kind;
    this.#rows = new RowTable(kind.capacity);
  }

  /**
   * Returns the row of something that the current plan needs. Throws a `RangeError` if all are
   * taken.
   */
  take(name: string, thing: Thing): number {
    if (this.#rows.isFull && !this.#rows.has(name)) throw new RangeError(this.#describeLack());
    const row = this.#rows.take(name);
    if (!this.#inForce.has(name) && !this.#leavers.has(name)) {
      this.#leavers.set(name, { name, row, thing, wasInForce: false });
    }
    this.#planned.set(name, thing);
    return row;
  }

  /** Puts the current plan in force. Returns the rows of those that it removes. */
  enact(): number[] {
    const gone: number[] = [];
    for (const [name, thing] of this.#inForce) {
      if (this.#planned.has(name)) continue;
      const row = this.#rows.take(name);
      this.#leavers.set(name, { name, row, thing, wasInForce: true });
      gone.push(row);
    }
    for (const name of this.#planned.keys()) this.#leavers.delete(name);
    this.#inForce = this.#planned;
    this.#planned = new Map();
    return gone;
  }

  /** Discards the current plan. */
  discard(): void {
    this.#planned = new Map();
  }

  /** Whether a name is in force. */
  isInForce(name: string): boolean {
    return this.#inForce.has(name);
  }

  /** Whether a name has a row. */
  has(name: string): boolean {
    return this.#rows.has(name);
  }

  /** All rows that are taken. */
  *rows(): Generator<number> {
    for (const name of this.#rows.names()) yield this.#rows.take(name);
  }

  /** What has a row under this name and is not in force. */
  leaver(name: string): Leaver<Thing> | undefined {
    return this.#leavers.get(name);
  }

  /** Those that were in force, and are not any more. */
  leavers(): Leaver<Thing>[] {
    return [...this.#leavers.values()].filter(({ wasInForce }) => wasInForce);
  }

  /**
   * Frees rows that neither the generation in force nor the current plan needs.
   *
   * @param isBusy whether something is or may still be counted for one of them
   * @param clear resets everything that is known about a row
   */
  sweep(isBusy: (leaver: Leaver<Thing>) => boolean, clear: (row: number) => void): void {
    for (const leaver of this.#leavers.values()) {
      const { name, row } = leaver;
      if (this.#planned.has(name) || isBusy(leaver)) continue;
      clear(row);
      this.#leavers.delete(name);
      this.#rows.release(name);
    }
  }

  #describeLack(): string {
    const { capacity, noun } = this.#kind;
    const leavers = this.leavers().length;
    const room = `There is room for ${capacity} ${noun}`;
    return leavers === 0
      ? `${room}, and for no more`
      : `${room}, and ${leavers} that were removed still have sessions: close these, or try again ` +
        "when they have ended";
  }
}
