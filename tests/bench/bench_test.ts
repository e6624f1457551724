import { assert, assertEquals, assertGreater } from "@std/assert";
import { permittedTest } from "../support/permitted.ts";
import { findProgram } from "./find_program.ts";
import type { Report } from "./report/report.ts";

const BENCH = new URL("./bench.ts", import.meta.url);
const NAME = "The benchmark measures connections through HAProxy and without it";

const canFind = Deno.permissions.querySync({ name: "read" }).state === "granted" &&
  Deno.permissions.querySync({ name: "env" }).state === "granted";

if (Deno.build.os !== "linux") {
  Deno.test({ name: `${NAME} (ignored: needs Linux)`, ignore: true, fn() {} });
} else if (canFind && findProgram("haproxy") === null) {
  Deno.test({ name: `${NAME} (ignored: haproxy is not on the PATH)`, ignore: true, fn() {} });
} else {
  permittedTest(["net", "read", "write", "run", "env", "sys"], NAME, measureConnections);
}

async function measureConnections(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "weir-bench-test-" });
  try {
    const only = ["--only=connections", "--contestants=direct,haproxy", "--seconds=0.3"];
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-all", BENCH.href, "--quick", "--json=-", ...only],
      env: { TMPDIR: folder },
      stdin: "null",
    });
    const { code, stdout, stderr } = await command.output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const report = JSON.parse(new TextDecoder().decode(stdout)) as Report;
    assertEquals(report.problems, []);
    const [direct, haproxy] = report.samples;
    assertEquals([direct?.contestant, haproxy?.contestant], ["direct", "haproxy"]);
    assertEquals([direct?.errors, haproxy?.errors], [0, 0]);
    assertEquals(direct?.figures.cpuUs, undefined);
    assertGreater(haproxy?.figures.cpuUs ?? 0, 0);
    for (const sample of report.samples) {
      const { p50Us = 0, p99Us = 0, perSecond = 0 } = sample.figures;
      assertGreater(perSecond, 0);
      assert(0 < p50Us && p50Us <= p99Us);
    }
    const left = [...Deno.readDirSync(folder)].map((entry) => entry.name);
    assertEquals(left.filter((name) => name.startsWith("weir-bench-")), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
