/** Labels of a metric, by name. */
export type Labels = Readonly<Record<string, string>>;

/** One figure of a metric. */
export interface MetricSample<Subject> {
  /** Set it apart from the other samples of the metric. */
  readonly labels?: Labels;
  readonly read: (subject: Subject) => number;
}

/** A metric of some kind of subject: all of Weir, a listener, a backend, a worker. */
export type MetricFamily<Subject> = PlainFamily<Subject> | HistogramFamily<Subject>;

export interface PlainFamily<Subject> {
  /** An `info` is a gauge that is always 1, for the sake of its labels. */
  readonly kind: "counter" | "gauge" | "info";
  /** The whole name, in base units; counters end in `_total`, infos in `_info`. */
  readonly name: string;
  readonly help: string;
  readonly samples: readonly MetricSample<Subject>[];
  /** Further labels that depend on the subject. */
  readonly labelsOf?: (subject: Subject) => Labels;
}

export interface HistogramFamily<Subject> {
  readonly kind: "histogram";
  readonly name: string;
  readonly help: string;
  /** The upper ends of the buckets in the base unit; one more has no end. */
  readonly bounds: readonly number[];
  /** How many values each bucket has, not summed up. */
  readonly counts: (subject: Subject) => readonly number[];
  readonly sum: (subject: Subject) => number;
}
