/** Labels of a metric, by name. */
export type Labels = Readonly<Record<string, string>>;

/** One figure of a metric. */
export interface MetricSample<Subject> {
  /** Distinguish it from the other samples of the metric. */
  readonly labels?: Labels;
  readonly read: (subject: Subject) => number;
}

/** A metric of a kind of subject: all of Weir, a listener, a backend, a worker. */
export type MetricFamily<Subject> = PlainFamily<Subject> | HistogramFamily<Subject>;

export interface PlainFamily<Subject> {
  /** An `info` is a gauge that is always 1 and exists for its labels. */
  readonly kind: "counter" | "gauge" | "info";
  /** The whole name, in base units; counters end in `_total`, infos in `_info`. */
  readonly name: string;
  readonly help: string;
  readonly samples: readonly MetricSample<Subject>[];
  /** Additional labels that depend on the subject. */
  readonly labelsOf?: (subject: Subject) => Labels;
}

export interface HistogramFamily<Subject> {
  readonly kind: "histogram";
  readonly name: string;
  readonly help: string;
  /** The upper bounds of the buckets in the base unit; one more bucket is unbounded. */
  readonly bounds: readonly number[];
  /** The number of values in each bucket, not cumulative. */
  readonly counts: (subject: Subject) => readonly number[];
  readonly sum: (subject: Subject) => number;
}
