import { assert, assertEquals } from "@std/assert";
import {
  BACKEND_FAMILIES,
  LISTENER_FAMILIES,
  POOL_FAMILIES,
  WEIR_FAMILIES,
  WORKER_FAMILIES,
} from "../../../../lib/admin/metrics/metric_families.ts";
import { permittedTest } from "../../../support/permitted.ts";

const FOLDER = new URL("../../../../.github/monitoring/", import.meta.url);

const ALERTS = new URL("alerts.yml", FOLDER).pathname;

/** Every name that a query may have. */
const NAMES = new Set(
  [
    ...WEIR_FAMILIES,
    ...LISTENER_FAMILIES,
    ...POOL_FAMILIES,
    ...BACKEND_FAMILIES,
    ...WORKER_FAMILIES,
  ]
    .flatMap(({ kind, name }) =>
      kind === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
    ),
);

for (const file of ["grafana.json", "alerts.yml"]) {
  permittedTest(
    ["read"],
    `.github/monitoring/${file} asks for metrics that there are`,
    async () => {
      const text = await Deno.readTextFile(new URL(file, FOLDER));
      const asked = [...text.matchAll(/\bweir_\w+/g)].map(([name]) => name);
      assert(asked.length > 10);
      assertEquals(asked.filter((name) => !NAMES.has(name)), []);
    },
  );
}

permittedTest(["read"], ".github/monitoring/grafana.json has panels of its own ids", async () => {
  const { panels } = JSON.parse(await Deno.readTextFile(new URL("grafana.json", FOLDER)));
  const ids = panels.map(({ id }: { id: number }) => id);
  assertEquals(new Set(ids).size, ids.length);
});

permittedTest(["read", "run"], "promtool accepts the alert rules", async () => {
  const [code, errors] = await promtool("check", "rules", "--lint-fatal", ALERTS);
  assertEquals([code, errors], [0, ""]);
});

permittedTest(
  ["read", "write", "run"],
  "the alert about a backend that is down is not for those in maintenance",
  async () => {
    const series = ["ready", "maintenance"].flatMap((mode) => {
      const labels = `instance="i", pool="24003", backend="${mode}"`;
      return [
        `      - { series: 'weir_backend_healthy{${labels}}', values: "0x5" }`,
        `      - { series: 'weir_backend_mode{${labels}, mode="maintenance"}', ` +
        `values: "${mode === "maintenance" ? 1 : 0}x5" }`,
      ];
    });
    const summary = "Backend ready of pool 24003 is down";
    const description = "Health checks have failed for a minute on i.";
    const labels = "{ severity: warning, instance: i, pool: '24003', backend: ready }";
    const annotations = `{ summary: "${summary}", description: "${description}" }`;
    const file = await Deno.makeTempFile({ suffix: ".yml" });
    try {
      await Deno.writeTextFile(
        file,
        `rule_files: ["${ALERTS}"]
tests:
  - interval: 1m
    input_series:
${series.join("\n")}
    alert_rule_test:
      - eval_time: 3m
        alertname: WeirBackendDown
        exp_alerts:
          - { exp_labels: ${labels}, exp_annotations: ${annotations} }
`,
      );
      const [code, errors] = await promtool("test", "rules", file);
      assertEquals([code, errors], [0, ""]);
    } finally {
      await Deno.remove(file);
    }
  },
);

/** Returns the exit status and what was wrong. Debian has it in the package "prometheus". */
async function promtool(...args: string[]): Promise<[number, string]> {
  try {
    const { code, stdout, stderr } = await new Deno.Command("promtool", { args }).output();
    const decoder = new TextDecoder();
    return [code, code === 0 ? "" : decoder.decode(stdout) + decoder.decode(stderr)];
  } catch (error) {
    // Where it is missing, that cannot be checked.
    if (error instanceof Deno.errors.NotFound) return [0, ""];
    throw error;
  }
}
