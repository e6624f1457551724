import type { Status } from "../supervisor/status.ts";
import {
  BACKEND_FAMILIES,
  LISTENER_FAMILIES,
  WEIR_FAMILIES,
  WORKER_FAMILIES,
} from "./metric_families.ts";
import type { HistogramFamily, Labels, MetricFamily } from "./metric_family.ts";

/** `text` is Prometheus' own format 0.0.4. */
export type MetricsFormat = "text" | "openmetrics";

export const METRICS_CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** A listener, backend or worker, and the labels that name it as they stand between the braces. */
interface Labelled<Subject> {
  readonly subject: Subject;
  readonly labels: string;
}

/** Writes all metrics of a status. */
export function formatMetrics(status: Status, format: MetricsFormat): string {
  const listeners = status.listeners.map((subject) => ({
    subject,
    labels: formatLabels({ listener: subject.key }),
  }));
  const backends = status.listeners.flatMap(({ key, backends }) =>
    backends.map((subject) => ({
      subject,
      labels: formatLabels({ listener: key, backend: subject.name }),
    }))
  );
  const workers = status.workers.map((subject) => ({
    subject,
    labels: formatLabels({ worker: String(subject.slot) }),
  }));
  return formatFamilies(WEIR_FAMILIES, [{ subject: status, labels: "" }], format) +
    formatFamilies(LISTENER_FAMILIES, listeners, format) +
    formatFamilies(BACKEND_FAMILIES, backends, format) +
    formatFamilies(WORKER_FAMILIES, workers, format) +
    (format === "openmetrics" ? "# EOF\n" : "");
}

/**
 * Chooses the format by an `Accept` header: OpenMetrics where it is asked for at least as much as
 * plain text is.
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

/** Writes labels as they stand between the braces, escaped. */
export function formatLabels(labels: Labels): string {
  return Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`).join(",");
}

function formatFamilies<Subject>(
  families: readonly MetricFamily<Subject>[],
  subjects: readonly Labelled<Subject>[],
  format: MetricsFormat,
): string {
  if (subjects.length === 0) return "";
  let text = "";
  for (const family of families) {
    text += formatHead(family, format);
    if (family.kind === "histogram") {
      text += formatHistogram(family, subjects, format);
      continue;
    }
    for (const { labels: own, read } of family.samples) {
      const ownLabels = own === undefined ? "" : formatLabels(own);
      for (const { subject, labels } of subjects) {
        const further = family.labelsOf === undefined ? "" : formatLabels(family.labelsOf(subject));
        const all = joinLabels(joinLabels(labels, ownLabels), further);
        text += `${family.name}${all === "" ? "" : `{${all}}`} ${read(subject)}\n`;
      }
    }
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
  const ends = [...bounds.map((bound) => formatBound(bound, format)), "+Inf"];
  let text = "";
  for (const { subject, labels } of subjects) {
    const prefix = `${name}_bucket{${labels}${labels === "" ? "" : ","}le="`;
    const buckets = counts(subject);
    let count = 0;
    for (let index = 0; index < ends.length; index++) {
      count += buckets[index] as number;
      text += `${prefix}${ends[index]}"} ${count}\n`;
    }
    const all = labels === "" ? "" : `{${labels}}`;
    text += `${name}_sum${all} ${sum(subject)}\n${name}_count${all} ${count}\n`;
  }
  return text;
}

/** OpenMetrics wants a bound to look like a float. */
function formatBound(bound: number, format: MetricsFormat): string {
  return format === "openmetrics" && Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function joinLabels(first: string, second: string): string {
  if (first === "" || second === "") return first + second;
  return `${first},${second}`;
}

function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
