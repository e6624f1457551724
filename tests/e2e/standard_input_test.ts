/** A configuration that comes through a pipe. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;

permittedTest(NEEDS, "weir check - reads standard input", async () => {
  const run = (stdin: string | Uint8Array<ArrayBuffer>, ...flags: string[]) =>
    WeirProcess.run(["check", "-", ...flags], { task: "check", stdin });
  const good = await run("[mappings]\n24003 = blue@127.0.0.1:8080\n");
  assertEquals([good.code, good.stderr], [0, ""]);
  assertMatch(good.stdout, /^<stdin> is valid: \d+ workers?\n\n24003 listens [^]*\n {2}blue /);
  const wrong = await run("[options]\nworkers = none\n");
  assertEquals(wrong.code, 2);
  assertMatch(wrong.stderr, /^<stdin>: error: there is no \[mappings\][^]*^<stdin>:2:11: error: /m);
  const json = JSON.parse((await run("x\n[mappings]\n", "--json")).stdout);
  assertEquals(json.diagnostics[0].file, "<stdin>");
  const empty = await run("");
  assertMatch(empty.stderr, /^<stdin>: error: there is no \[mappings\]/);
  const binary = await run(Uint8Array.of(0, 0xff));
  assertMatch(binary.stderr, /^<stdin>: error: cannot read the file: it is not text\n/);
  const large = await run(new Uint8Array(8 * 1024 ** 2 + 1).fill(59));
  assertMatch(large.stderr, /^<stdin>: error: cannot read the file: it is larger than 8m\n/);
});

permittedTest(NEEDS, "weir start - serves, and says that it cannot read again", async () => {
  await using backend = new TestBackend(echo);
  const port = freePort();
  const stdin = `[options]\nwatch = 1\nhealth_check = off\n[mappings]\n` +
    `127.0.0.1:${port} = ${backend.name}\n`;
  await using weir = WeirProcess.spawn(["start", "-"], { stdin });
  await weir.listening();
  assertStringIncludes(
    weir.stderr,
    "<stdin>:2:9: warning: watch has no effect: standard input can be read only once\n",
  );
  weir.signal("SIGHUP");
  await weir.logged(/Reload \(SIGHUP\) failed: the old settings stay in force/);
  assertStringIncludes(
    weir.stderr,
    "<stdin>: error: standard input can be read only once: " +
      "to reload, start Weir with a configuration file\n",
  );
  using client = await SocketEnd.connect(port);
  await client.ping();
  client.close();
  assertEquals((await weir.stop()).code, 0);
});

permittedTest(NEEDS, "standard input includes files of the working directory", async () => {
  const cwd = await Deno.makeTempDir({ prefix: "weir_test_" });
  try {
    await Deno.mkdir(`${cwd}/conf.d`);
    await Deno.writeTextFile(`${cwd}/conf.d/a.cfg`, "[mappings]\n24003 = app@127.0.0.1:1\n");
    const stdin = "[options]\ninclude = conf.d/*\n[mappings]\n24004 = 127.0.0.1:1\n";
    const { stdout } = await WeirProcess.run(["check", "-"], { task: "check", stdin, cwd });
    assertMatch(stdout, /\n24004 listens [^]*\n24003 listens [^]*\n {2}app /);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

permittedTest(NEEDS, "other commands read no standard input", async () => {
  for (const args of [["demo", "-"], ["status", "--config=-"]]) {
    const { code, stderr } = await WeirProcess.run(args, { stdin: "[mappings]\n" });
    assertEquals(code, 2);
    assertStringIncludes(stderr, 'only "start" and "check" read standard input: expected a file');
  }
});
