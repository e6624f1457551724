/** A figure that is kept for every backend, listener or worker. */
export interface CounterDefinition {
  readonly kind: "counter" | "gauge";
  /** The metric's name, in base units and without the prefix `weir_backend_` or the like. */
  readonly metric: string;
  /** Labels that distinguish this row from others of the same metric. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly help: string;
  /** Its name in displays. */
  readonly label: string;
  /** The factor from the stored unit to the metric's base unit; 1 where they are the same. */
  readonly scale?: number;
  /** Kept for Weir's own bookkeeping and not shown as a metric. */
  readonly internal?: true;
}

/** The figures of one kind, by name. */
export type CounterTable = Readonly<Record<string, CounterDefinition>>;

/** The column of each row of a table, with which the hot path indexes the memory. */
export type Columns<T extends CounterTable> = { readonly [K in keyof T]: number };

/** Numbers the rows of a table in their order. */
export function columnsOf<T extends CounterTable>(table: T): Columns<T> {
  return Object.freeze(
    Object.fromEntries(Object.keys(table).map((name, index) => [name, index])),
  ) as Columns<T>;
}
