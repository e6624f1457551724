import type { JsonSchema } from "../../../lib/admin/api/json_schema.ts";
import type { Route } from "../../../lib/admin/api/route.ts";
import { ROUTES } from "../../../lib/admin/api/routes.ts";
import { SCHEMAS } from "../../../lib/admin/api/schemas.ts";
import {
  BACKEND_FAMILIES,
  LISTENER_FAMILIES,
  type MetricFamily,
  POOL_FAMILIES,
  WEIR_FAMILIES,
  WORKER_FAMILIES,
} from "../../../lib/admin/metrics/metric_families.ts";
import {
  ACCESS_LOG_FIELDS,
  compileTemplate,
  formatJson,
  formatText,
  TEXT_TEMPLATE,
} from "../../../lib/log/access_log_format.ts";
import { closeCode, describeReason, ENDERS, PHASES } from "../../../lib/log/close_reason.ts";
import type { SessionRecord } from "../../../lib/log/session_record.ts";

/** The formatter leaves the pages alone: they are generated from the tables. */
const HEAD =
  "<!-- deno-fmt-ignore-file -->\n<!-- Generated from the code by `deno task docs`. -->\n";

const RECORD: SessionRecord = {
  startedAtMs: Date.UTC(2026, 10, 22, 7, 8, 39, 123),
  client: "192.0.2.1:55555",
  listener: "24003",
  pool: "24003",
  backend: "127.0.0.1:8080",
  bytesIn: 212,
  bytesOut: 9034,
  durationMs: 5007,
  connectTimeMs: 1,
  retries: 0,
  tried: [],
  reason: { by: "done", phase: "relay" },
};

/** The limits of the API, what each is, and what happens beyond it. */
const LIMITS: readonly (readonly string[])[] = [
  [
    "connections",
    "256, but at most a quarter of the descriptors that workers and sessions leave, and at least 8",
    "the longest-idle connection is closed or, if none is idle, the new one",
  ],
  ["requests in progress", "128", "503"],
  ["clients of the event stream", "64", "503"],
  [
    "responses of 64 KiB or more being rendered or sent",
    "8, but at most half the connections",
    "503",
  ],
  [
    "time for a request to arrive, without its body",
    "10 s",
    "408, or closed if nothing has arrived",
  ],
  ["time for its body to arrive", "5 s", "408"],
  ["size of its head", "16 KiB", "431"],
  ["size of its body", "64 KiB", "413"],
  ["time for a response, or a piece of a stream, to be read", "30 s", "closed"],
];

/** The pages in `.github/docs/`, by their names. */
export const REFERENCE_PAGES: Readonly<Record<string, () => string>> = {
  "metrics.md": metricsPage,
  "api.md": apiPage,
  "access_log.md": accessLogPage,
};

function metricsPage(): string {
  return page(
    "# Metrics",
    "",
    "`GET /metrics` on the admin address responds in Prometheus' text format 0.0.4, or in OpenMetrics " +
      "if `Accept` asks for it. Reading the metrics does not involve the workers. A Grafana dashboard " +
      "and alert rules are in `.github/monitoring/`.",
    "",
    "Bytes and seconds are the only units. Counters start at 0 when Weir starts, and continue across " +
      "reloads as long as the listener keeps its address and the backend its own.",
    "",
    "With `OTEL_DENO=true` the same metrics are exported through OpenTelemetry " +
      "(`OTEL_EXPORTER_OTLP_ENDPOINT` and related variables set the destination); of histograms, only " +
      "the sum and the count. Deno queries every thread before each export, and idle threads of the " +
      "native engine take up to half a minute to respond.",
    "",
    "## Weir as a whole",
    "",
    ...familyTable(WEIR_FAMILIES, ""),
    "",
    "## Listeners",
    "",
    "Each has the label `listener`: the listener's name; of an entry in `[mappings]`, its key.",
    "",
    ...familyTable(LISTENER_FAMILIES, "address, pool, engine"),
    "",
    "## Pools",
    "",
    "Each has the label `pool`: the pool's name; of an entry in `[mappings]`, its key.",
    "",
    ...familyTable(POOL_FAMILIES, "algorithm"),
    "",
    "## Backends",
    "",
    "Each has the labels `pool` and `backend`: the pool's name, and the backend as " +
      "written in `[mappings]` or, if names are resolved periodically, its host, port and address, as in " +
      "`web.example:80/192.0.2.1`.",
    "",
    ...familyTable(BACKEND_FAMILIES, ""),
    "",
    "## Workers",
    "",
    "Each has the label `worker`: the number of its slot.",
    "",
    ...familyTable(WORKER_FAMILIES, "engine"),
  );
}

function familyTable<Subject>(
  families: readonly MetricFamily<Subject>[],
  infoLabels: string,
): string[] {
  const rows = families.map((family) => {
    const { name, kind, help } = family;
    if (kind === "histogram") {
      return [`\`${name}\``, kind, `\`le\`: ${family.bounds.join(", ")}`, help];
    }
    const samples = family.samples.flatMap(({ labels = {} }) => Object.entries(labels));
    const labels = [...Map.groupBy(samples, ([label]) => label)].map(([label, values]) =>
      `\`${label}\`: ${values.map(([, value]) => value).join(", ")}`
    ).join("; ");
    const own = name === "weir_build_info" ? "version, deno" : infoLabels;
    const info = own.split(", ").map((label) => `\`${label}\``).join(", ");
    return [`\`${name}\``, kind === "info" ? "gauge" : kind, kind === "info" ? info : labels, help];
  });
  return table(["Metric", "Type", "Further labels", "Meaning"], rows);
}

function apiPage(): string {
  return page(
    "# Admin API",
    "",
    "`admin = 127.0.0.1:24000` in `[options]` enables it; the dashboard is at `/`. A Unix socket " +
      "works too (`admin = /run/weir.sock`). With any other address, Weir does not start unless " +
      "`admin_token_file` is set.",
    "",
    "Anyone on the machine can connect to a loopback port. If that includes users who must not " +
      "control Weir, use a Unix socket, which is created with mode 0600, or `admin_token_file`.",
    "",
    "```sh",
    "curl http://127.0.0.1:24000/api",
    "curl -X POST -H 'content-type: application/json' -d '{\"mode\":\"drain\"}' \\",
    "  http://127.0.0.1:24000/api/v1/backends/24003%2F127.0.0.1%3A8080/mode",
    "curl --unix-socket /run/weir.sock http://localhost/readyz",
    'curl -H "authorization: Bearer $TOKEN" http://weir.example:24000/api/v1/status',
    "```",
    "",
    "With a token file, every request must carry a token, except those whose right is `none` below. A " +
      "line `TOKEN` grants full access, a line `read TOKEN` read access only; lines that begin with " +
      "`#` or `;` are comments. A change to the file takes effect within about a second: tokens that " +
      "are no longer in it are refused, and their event streams end. While the file is missing, empty " +
      "or invalid in any line, every token is refused, and the log says why.",
    "",
    "Bodies are JSON. The response to an invalid request is a problem document (RFC 9457), whose " +
      "`detail` says what was found and what is allowed. `Host` must be the address, and a request " +
      "that changes something must not come from another origin.",
    "",
    "Everything is limited, so that load on the API never affects sessions:",
    "",
    ...table(["What", "Limit", "Beyond it"], LIMITS),
    "",
    "When the process runs out of descriptors, idle connections are closed, and new ones are turned " +
      "away until descriptors are available again. The address stays bound throughout.",
    "",
    "`/metrics`, the status, the history and the configuration are rendered once for all clients that " +
      "ask at about the same time, and compressed for those that accept gzip.",
    "",
    "The OpenAPI 3.1 description of this API is at `GET /api/v1/openapi.json`.",
    "",
    ...table(
      ["Request", "Right", "What it does"],
      ROUTES.map(({ method, path, permission, doc }) => [
        `\`${method} ${path}\``,
        permission,
        doc,
      ]),
    ),
    "",
    ...ROUTES.flatMap(describeRoute),
    "## Objects",
    "",
    ...Object.entries(SCHEMAS).flatMap(([name, schema]) => [
      `### ${name}`,
      "",
      ...(schema.description === undefined ? [] : [schema.description, ""]),
      ...describeSchema(schema),
      "",
    ]),
  );
}

function describeRoute({ method, path, parameters = [], body, answers }: Route): string[] {
  return [
    `## \`${method} ${path}\``,
    "",
    ...(parameters.length === 0 ? [] : [
      ...table(
        ["Parameter", "Where", "Values", "Meaning"],
        parameters.map(({ name, in: place, schema, doc }) => [
          `\`${name}\``,
          place,
          typeOf(schema),
          doc,
        ]),
      ),
      "",
    ]),
    ...(body === undefined ? [] : ["Request body:", "", ...describeSchema(body), ""]),
    ...answers.map(({ status, doc, contentType = "application/json", schema }) =>
      schema === undefined
        ? `- ${status}: ${doc}`
        : `- ${status}: ${doc} ${
          contentType === "application/json" ? typeOf(schema) : `\`${contentType}\``
        }`
    ),
    "",
  ];
}

function describeSchema(schema: JsonSchema): string[] {
  const { properties, required = [] } = schema;
  if (properties === undefined) return [typeOf(schema)];
  const rows = Object.entries(properties).map(([name, member]) => [
    `\`${name}\`${required.includes(name) ? "" : " (optional)"}`,
    typeOf(member),
    member.description ?? "",
  ]);
  return table(["Member", "Type", "Meaning"], rows);
}

function typeOf(schema: JsonSchema): string {
  const { $ref, enum: words, items, properties, minimum, maximum } = schema;
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1) as string;
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(", ");
  if (items !== undefined) return `list of ${typeOf(items)}`;
  if (properties !== undefined) {
    const members = Object.entries(properties).map(([name, type]) =>
      `\`${name}\`: ${typeOf(type)}`
    );
    return `{ ${members.join("; ")} }`;
  }
  const type = [schema.type ?? "anything"].flat().join(" or ");
  return maximum === undefined ? type : `${type}, ${minimum} to ${maximum}`;
}

function accessLogPage(): string {
  const template = "%client %backend %bytes_in";
  return page(
    "# Access log",
    "",
    "One line per session, written when it ends. `access_log` sets the destination (`-` is standard " +
      "output; a file is reopened on SIGUSR2, for logrotate), and `access_log_format` the format: " +
      "`text`, `json`, a template, or `auto`, which follows `log_format`.",
    "",
    "Lines are written in batches. A slow disk never delays sessions: lines that do not fit into " +
      "a buffer of 8 MiB are dropped, and counted in `weir_access_log_dropped_lines_total`.",
    "",
    "## Fields",
    "",
    ...table(
      ["Field", "Example", "Meaning"],
      ACCESS_LOG_FIELDS.map(({ name, doc, read }) => [
        `\`${name}\``,
        `\`${String(read(RECORD))}\``,
        doc.replace("<none>", "`<none>`"),
      ]),
    ),
    "",
    "## `text`",
    "",
    "```text",
    TEXT_TEMPLATE,
    formatText(RECORD),
    "```",
    "",
    "Only the last field contains spaces; control characters are escaped.",
    "",
    "## `json`",
    "",
    "```json",
    formatJson(RECORD),
    "```",
    "",
    "## A template",
    "",
    "`%name` stands for a field, `%%` for a percent sign.",
    "",
    "```ini",
    `access_log_format = ${template}`,
    "```",
    "",
    "```text",
    compileTemplate(template)(RECORD),
    "```",
    "",
    "## Close codes",
    "",
    "The first letter says who ended the session, the second when. `ended_by` and `phase` say the " +
      "same in words.",
    "",
    ...table(["`ended_by`", ...PHASES.map((phase) => `\`${phase}\``)], ENDERS.map(closeCodeRow)),
    "",
    "In words, while relaying:",
    "",
    ...table(
      ["`ended_by`", "`reason`"],
      ENDERS.map((by) => [`\`${by}\``, describeReason({ by, phase: "relay" })]),
    ),
  );
}

function closeCodeRow(by: typeof ENDERS[number]): string[] {
  return [`\`${by}\``, ...PHASES.map((phase) => `\`${closeCode({ by, phase })}\``)];
}

function page(...lines: readonly string[]): string {
  return `${HEAD}\n${lines.join("\n").trimEnd()}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
