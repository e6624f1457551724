import { RowTable } from "../state/row_table.ts";

/** What has a row, and is not in force. */
export interface Leaver<Thing> {
  readonly name: string;
  readonly row: number;
  /** As it was when it was last in force, or planned. */
  readonly thing: Thing;
  /** Whether it was ever in force; otherwise a plan that was given up has left it. */
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
 * The rows of one kind, from one generation to the next: who stays keeps its row, and who was removed
 * has it until nothing is counted there any more. Whoever comes back before that has it again.
 */
export class RowKeeper<Thing> {
  readonly #kind: RowKind;
  readonly #rows: RowTable;
  #inForce: ReadonlyMap<string, Thing> = new Map();
  /** What the plan under way needs. */
  #planned = new Map<string, Thing>();
  readonly #leavers = new Map<string, Leaver<Thing>>();

  constructor(kind: RowKind) {
    this.#kind = kind;
    this.#rows = new RowTable(kind.capacity);
  }

  /** Gives what the plan under way needs its row. Throws a `RangeError` when all are taken. */
  take(name: string, thing: Thing): number {
    if (this.#rows.isFull && !this.#rows.has(name)) throw new RangeError(this.#describeLack());
    const row = this.#rows.take(name);
    if (!this.#inForce.has(name) && !this.#leavers.has(name)) {
      this.#leavers.set(name, { name, row, thing, wasInForce: false });
    }
    this.#planned.set(name, thing);
    return row;
  }

  /** Puts the plan under way in force. Gives the rows of those that leave by it. */
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

  /** Gives the plan under way up. */
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

  /** The rows that are taken, by whomever. */
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
   * Lets rows be used for others that neither the generation in force nor the plan under way needs.
   *
   * @param isBusy whether something is or may still be counted for one of them
   * @param clear sets everything that is known about a row back
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
      : `${room}, and ${leavers} that were removed have sessions still: close these, or try again ` +
        "when they have ended";
  }
}
