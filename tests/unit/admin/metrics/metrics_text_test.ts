import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  BACKEND_FAMILIES,
  LISTENER_FAMILIES,
  POOL_FAMILIES,
  WEIR_FAMILIES,
  WORKER_FAMILIES,
} from "../../../../lib/admin/metrics/metric_families.ts";
import {
  chooseMetricsFormat,
  formatLabels,
  formatMetrics,
  type MetricsFormat,
} from "../../../../lib/admin/metrics/metrics_text.ts";
import { runAtOnce } from "../../../../lib/base/steps.ts";
import { CONNECT_TIME } from "../../../../lib/state/histograms.ts";
import { permittedTest } from "../../../support/permitted.ts";
import { sampleStatus } from "../sample_status.ts";

const FAMILIES = [
  ...WEIR_FAMILIES,
  ...LISTENER_FAMILIES,
  ...POOL_FAMILIES,
  ...BACKEND_FAMILIES,
  ...WORKER_FAMILIES,
];

function metricsAs(format: MetricsFormat): string {
  return runAtOnce(formatMetrics(sampleStatus(), format)).join("");
}

Deno.test("formatMetrics() writes every family once, with its help and its type", () => {
  const text = metricsAs("text");
  for (const { name, help } of FAMILIES) {
    assertEquals(text.split(`# HELP ${name} ${help}\n# TYPE ${name} `).length, 2, name);
  }
  const names = FAMILIES.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("formatMetrics() writes values in base units, and escapes labels", () => {
  const text = metricsAs("text");
  const labels = 'pool="24003",backend="b\\"\\\\\\n:80"';
  assertStringIncludes(text, `\nweir_backend_sessions_total{${labels}} 7\n`);
  assertStringIncludes(text, `\nweir_backend_effective_weight{${labels}} 3\n`);
  assertStringIncludes(text, `\nweir_backend_mode{${labels},mode="drain"} 1\n`);
  assertStringIncludes(text, `\nweir_backend_checks_total{${labels},result="failed"} 2\n`);
  assertStringIncludes(text, '\nweir_pool_unresolved_backends{pool="24003"} 0\n');
  assertStringIncludes(text, '\nweir_pool_info{pool="24003",algorithm="p2c"} 1\n');
  assertStringIncludes(text, '\nweir_worker_accept_errors_total{worker="0"} 4\n');
});

Deno.test("formatMetrics() sums the buckets of a histogram up", () => {
  const text = metricsAs("text");
  const lines = text.split("\n").filter((line) =>
    line.startsWith("weir_backend_connect_time_seconds")
  );
  const values = lines.map((line) => Number(line.split(" ").at(-1)));
  // As many sessions in each bucket as its number says, from 1 on.
  const buckets = CONNECT_TIME.bounds.length + 1;
  const sums = Array.from({ length: buckets }, (_, index) => (index + 1) * (index + 2) / 2);
  assertEquals(values, [...sums, 1.5, sums.at(-1)]);
  assertMatch(lines[0] as string, /^weir_backend_connect_time_seconds_bucket\{.*,le="0.0001"\} 1$/);
  assertMatch(lines[buckets - 1] as string, /,le="\+Inf"\} \d+$/);
  assertMatch(lines[buckets] as string, /^weir_backend_connect_time_seconds_sum\{/);
});

Deno.test("formatMetrics() follows OpenMetrics where that is wanted", () => {
  const text = metricsAs("openmetrics");
  assert(text.endsWith("\n# EOF\n"));
  assertStringIncludes(text, "# TYPE weir_build info\nweir_build_info{");
  assertStringIncludes(text, "# TYPE weir_backend_sessions counter\nweir_backend_sessions_total{");
  assertStringIncludes(text, ',le="1.0"}');
});

Deno.test("chooseMetricsFormat() takes OpenMetrics where it is wanted as much as text", () => {
  assertEquals(chooseMetricsFormat(null), "text");
  assertEquals(chooseMetricsFormat("*/*"), "text");
  assertEquals(chooseMetricsFormat("application/openmetrics-text; version=1.0.0"), "openmetrics");
  assertEquals(
    chooseMetricsFormat(
      "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
    ),
    "openmetrics",
  );
  assertEquals(chooseMetricsFormat("application/openmetrics-text;q=0.1, text/plain;q=0.9"), "text");
  assertEquals(chooseMetricsFormat("application/openmetrics-text;q=0"), "text");
});

Deno.test("formatLabels() escapes what would end a label", () => {
  assertEquals(formatLabels({ a: 'x"y\\z\n', b: "" }), 'a="x\\"y\\\\z\\n",b=""');
});

permittedTest(["run"], "promtool finds nothing wrong with the metrics", async () => {
  const command = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  let child: Deno.ChildProcess;
  try {
    child = command.spawn();
  } catch (error) {
    // Debian has it in the package "prometheus"; where it is missing, the tests above must suffice.
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(metricsAs("text")));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals([code, said], [0, ""]);
});
