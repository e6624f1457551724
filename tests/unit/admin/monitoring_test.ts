import { assert, assertEquals } from "@std/assert";
import {
  BACKEND_FAMILIES,
  LISTENER_FAMILIES,
  WEIR_FAMILIES,
  WORKER_FAMILIES,
} from "../../../lib/admin/metric_families.ts";
import { permittedTest } from "../../support/permitted.ts";

const FOLDER = new URL("../../../.github/monitoring/", import.meta.url);

/** Every name that a query may have. */
const NAMES = new Set(
  [...WEIR_FAMILIES, ...LISTENER_FAMILIES, ...BACKEND_FAMILIES, ...WORKER_FAMILIES]
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
  const file = new URL("alerts.yml", FOLDER).pathname;
  const command = new Deno.Command("promtool", { args: ["check", "rules", "--lint-fatal", file] });
  let output: Deno.CommandOutput;
  try {
    output = await command.output();
  } catch (error) {
    // Debian has it in the package "prometheus"; where it is not there, nobody can tell.
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  assertEquals([output.code, new TextDecoder().decode(output.stderr)], [0, ""]);
});
