/** Backends with names of their own, as operators see and type them. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { TestBackend } from "../support/test_backend.ts";
import { Visitors } from "../support/visitors.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env", "sys"] as const;

permittedTest(NEEDS, "a backend's name is what is shown, logged and typed", async () => {
  const [port, admin] = freePorts(2) as [number, number];
  await using blue = new TestBackend(echo);
  await using green = new TestBackend(echo);
  const text = (first: string): string =>
    `[options]\nadmin = 127.0.0.1:${admin}\nhealth_check = off\nlog_format = json\n` +
    `access_log = FOLDER/access.log\n[mappings]\n` +
    `127.0.0.1:${port} = ${first}@${blue.name}, green@${green.name}\n`;
  await using weir = await ReloadableWeir.start(text("blue"));
  const ask = (...args: string[]) => WeirProcess.run([...args, "--admin", `127.0.0.1:${admin}`]);
  await using visitors = new Visitors(port);
  await eventually("both backends serve", () => blue.accepted > 10 && green.accepted > 10);

  const { stdout, code } = await ask("drain", `127.0.0.1:${port}/blue`);
  assertEquals(code, 0);
  assertMatch(stdout, /^127\.0\.0\.1:\d+\/blue: mode drain, now drain, with \d+ sessions?\n$/);
  assertStringIncludes((await ask("status")).stdout, "blue");
  const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  assertStringIncludes(metrics, `backend="blue"`);

  // The backend itself stays what it is under another name, and so do its figures and its mode.
  const log = await weir.reload(text("azure"));
  assertStringIncludes(log, "backend azure: its name was blue");
  const status = JSON.parse((await ask("status", "--json")).stdout);
  const [renamed] = status.pools[0].backends;
  assertEquals([renamed.name, renamed.mode, renamed.figures.sessions > 0], [
    "azure",
    "drain",
    true,
  ]);
  assertEquals((await ask("ready", "azure")).code, 0);
  const before = blue.accepted;
  await eventually("it serves again", () => blue.accepted > before + 10);
  const records = await weir.recordsWhen(
    "both names are in the access log",
    (records) =>
      ["blue", "azure", "green"].every((name) => records.some((r) => r.backend === name)),
  );
  assertEquals(new Set(records.map(({ backend }) => backend)), new Set(["blue", "azure", "green"]));
  assertEquals(visitors.failed, 0);
});
