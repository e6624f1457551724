import type { Steps } from "../../base/steps.ts";
import type { Status } from "../../supervisor/status.ts";
import {
  BACKEND_FAMILIES,
  type HistogramFamily,
  type Labels,
  LISTENER_FAMILIES,
  type MetricFamily,
  type MetricSample,
  type PlainFamily,
  POOL_FAMILIES,
  WEIR_FAMILIES,
  WORKER_FAMILIES,
} from "./metric_families.ts";

/** `text` is Prometheus's own format 0.0.4. */
export type MetricsFormat = "text" | "openmetrics";

export const METRICS_CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Few enough for a step to be short, even the first one of a process. */
const SUBJECTS_IN_A_STEP = 100;

/** A listener, backend or worker, and the labels that name it, formatted as between the braces. */
interface Labelled<Subject> {
  readonly subject: Subject;
  readonly labels: string;
}

/**
 * Formats all metrics of a status as consecutive strings: building a single string of several
 * megabytes would take longer than formatting the lines.
 */
export function* formatMetrics(status: Status, format: MetricsFormat): Steps<string[]> {
  const listeners = status.listeners.map((subject) => ({
    subject,
    labels: formatLabels({ listener: subject.key }),
  }));
  const pools = status.pools.map((subject) => ({
    subject,
    labels: formatLabels({ pool: subject.name }),
  }));
  const backends = status.pools.flatMap(({ name, backends }) =>
    backends.map((subject) => ({
      subject,
      labels: formatLabels({ pool: name, backend: subject.name }),
    }))
  );
  const workers = status.workers.map((subject) => ({
    subject,
    labels: formatLabels({ worker: String(subject.slot) }),
  }));
  return [
    ...(yield* formatFamilies(WEIR_FAMILIES, [{ subject: status, labels: "" }], format)),
    ...(yield* formatFamilies(LISTENER_FAMILIES, listeners, format)),
    ...(yield* formatFamilies(POOL_FAMILIES, pools, format)),
    ...(yield* formatFamilies(BACKEND_FAMILIES, backends, format)),
    ...(yield* formatFamilies(WORKER_FAMILIES, workers, format)),
    ...(format === "openmetrics" ? ["# EOF\n"] : []),
  ];
}

/**
 * Chooses the format by an `Accept` header: OpenMetrics if it is preferred at least as much as
 * plain text.
 */
export function chooseMetricsFormat(accept: string | null): MetricsFormat {
  let openmetrics = 0;
  let text = 0;
  for (const part of (accept ?? "").toLowerCase().split(",")) {
    const [type = "", ...parameters] = part.split(";").map((word) => word.trim());
    const weight = parameters.find((word) => word.startsWith("q="))?.slice(2) ?? "1";
    const quality = Number(weight) || 0;
    if (type === "application/openmetrics-text") openmetrics = Math.max(openmetrics, quality);
    if (type === "text/plain") text = Math.max(text, quality);
  }
  return openmetrics > 0 && openmetrics >= text ? "openmetrics" : "text";
}

/** Formats labels as between the braces, escaped. */
export function formatLabels(labels: Labels): string {
  return Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`).join(",");
}

function* formatFamilies<Subject>(
  families: readonly MetricFamily<Subject>[],
  subjects: readonly Labelled<Subject>[],
  format: MetricsFormat,
): Steps<string[]> {
  const texts: string[] = [];
  for (const family of subjects.length === 0 ? [] : families) {
    texts.push(formatHead(family, format));
    for (const write of writersOf(family, format)) {
      for (let start = 0; start < subjects.length; start += SUBJECTS_IN_A_STEP) {
        texts.push(write(subjects.slice(start, start + SUBJECTS_IN_A_STEP)));
        yield;
      }
    }
  }
  return texts;
}

/** What writes the lines of a family, one after the other, each for any number of subjects. */
function writersOf<Subject>(
  family: MetricFamily<Subject>,
  format: MetricsFormat,
): readonly ((subjects: readonly Labelled<Subject>[]) => string)[] {
  return family.kind === "histogram"
    ? [(subjects) => formatHistogram(family, subjects, format)]
    : family.samples.map((sample) => (subjects) => formatSample(family, sample, subjects));
}

function formatSample<Subject>(
  { name, labelsOf }: PlainFamily<Subject>,
  { labels: own = {}, read }: MetricSample<Subject>,
  subjects: readonly Labelled<Subject>[],
): string {
  const ownLabels = formatLabels(own);
  let text = "";
  for (const { subject, labels } of subjects) {
    let all = joinLabels(labels, ownLabels);
    if (labelsOf !== undefined) all = joinLabels(all, formatLabels(labelsOf(subject)));
    text += name + inBraces(all) + " " + read(subject) + "\n";
  }
  return text;
}

function formatHead<Subject>(family: MetricFamily<Subject>, format: MetricsFormat): string {
  const { kind, name } = family;
  const isOpen = format === "openmetrics";
  const familyName = isOpen ? name.replace(/_(total|info)$/, "") : name;
  const type = kind === "info" && !isOpen ? "gauge" : kind;
  const help = family.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${familyName} ${help}\n# TYPE ${familyName} ${type}\n`;
}

function formatHistogram<Subject>(
  { name, bounds, counts, sum }: HistogramFamily<Subject>,
  subjects: readonly Labelled<Subject>[],
  format: MetricsFormat,
): string {
  const ends = [...bounds.map((bound) => formatBound(bound, format)), "+Inf"]
    .map((end) => `le="${end}"} `);
  let text = "";
  for (const { subject, labels } of subjects) {
    const opening = `${name}_bucket{${labels}${labels === "" ? "" : ","}`;
    const buckets = counts(subject);
    let count = 0;
    for (let index = 0; index < ends.length; index++) {
      count += buckets[index] as number;
      text += opening + ends[index] + count + "\n";
    }
    const all = inBraces(labels);
    text += `${name}_sum${all} ${sum(subject)}\n${name}_count${all} ${count}\n`;
  }
  return text;
}

/** OpenMetrics requires bounds to be written as floats. */
function formatBound(bound: number, format: MetricsFormat): string {
  return format === "openmetrics" && Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function joinLabels(first: string, second: string): string {
  if (first === "" || second === "") return first + second;
  return first + "," + second;
}

function inBraces(labels: string): string {
  return labels === "" ? "" : "{" + labels + "}";
}

function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
