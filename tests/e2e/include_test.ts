/** A configuration of several files, as a whole Weir treats it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;

async function ping(port: number): Promise<void> {
  using client = await SocketEnd.connect(port);
  await client.ping();
}

async function isRefused(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ port })).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}

permittedTest(NEEDS, "watch = 1 follows included files, and those that appear and go", async () => {
  await using first = new TestBackend(echo);
  await using second = new TestBackend(echo);
  const [port, other, third] = freePorts(3) as [number, number, number];
  const main = (watch: number): string =>
    `[options]\ninclude = conf.d/*.cfg\nwatch = ${watch}\nworkers = 1\nhealth_check = off\n` +
    `[mappings]\n127.0.0.1:${port} = ${first.name}\n`;
  await using weir = await ReloadableWeir.start(main(1));
  assertMatch(weir.log, /weir\.cfg:2:11: warning: include "conf\.d\/\*\.cfg" matches no file/);
  await Deno.mkdir(weir.path("conf.d"));
  const file = weir.path("conf.d/other.cfg");
  await Deno.writeTextFile(file, `[mappings]\n127.0.0.1:${other} = ${first.name}\n`);
  await weir.reloaded(1);
  await ping(other);
  await Deno.writeTextFile(file, `[mappings]\n127.0.0.1:${other} = ${second.name}\n`);
  await weir.reloaded(2);
  await ping(other);
  assertEquals([first.accepted, second.accepted], [1, 1]);

  // A mistake in one file changes nothing, and is reported where it is.
  const wrong = `[mappings]\n127.0.0.1:${port} = ${second.name}\n127.0.0.1:${third} = nothing\n`;
  await Deno.writeTextFile(weir.path("conf.d/wrong.cfg"), wrong);
  await weir.reloaded(3);
  assertStringIncludes(weir.log, "Reload (the file was changed) failed");
  const place = `${weir.path("conf.d/wrong.cfg")}:2:1: error: duplicate key "127.0.0.1:${port}"`;
  assertStringIncludes(weir.log, place);
  assertStringIncludes(weir.log, `it is already set in ${weir.file}:7`);
  assertStringIncludes(weir.log, `${weir.path("conf.d/wrong.cfg")}:3:`);
  await ping(other);
  await Deno.writeTextFile(
    weir.path("conf.d/wrong.cfg"),
    `[mappings]\n127.0.0.1:${third} = ${second.name}\n`,
  );
  await weir.reloaded(4);
  await ping(third);

  await Deno.remove(file);
  await weir.reloaded(5);
  await eventually("its listener is gone", () => isRefused(other));
  await ping(third);

  // Without watch, a signal has all files read again.
  await weir.write(main(0));
  await weir.reloaded(6);
  await Deno.writeTextFile(file, `[mappings]\n127.0.0.1:${other} = ${first.name}\n`);
  const log = await weir.reload(main(0));
  assertMatch(log, new RegExp(`listener 127\\.0\\.0\\.1:${other} added`));
  await ping(other);
});

permittedTest(NEEDS, "weir check names the file of each problem", async () => {
  const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
  try {
    const [port] = freePorts(1);
    await Deno.mkdir(`${folder}/conf.d`);
    await Deno.writeTextFile(
      `${folder}/weir.cfg`,
      `[options]\ninclude = conf.d/*\nretires = 1\n[mappings]\n${port} = 127.0.0.1:1\n`,
    );
    await Deno.writeTextFile(`${folder}/conf.d/a.cfg`, "[options 1]\nretries = 0\n");
    const args = ["check", "weir.cfg", "--json"];
    const { code, stdout } = await WeirProcess.run(args, { task: "check", cwd: folder });
    assertEquals(code, 2);
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { file: string; line: number; column: number }[];
    };
    assertEquals(diagnostics.map(({ file, line, column }) => [file, line, column]), [
      ["weir.cfg", 3, 1],
      ["conf.d/a.cfg", 1, 10],
    ]);
    const text = await WeirProcess.run(["check", "weir.cfg"], { task: "check", cwd: folder });
    assertMatch(text.stderr, /^weir\.cfg:3:1: error: .*\n[^]*^conf\.d\/a\.cfg:1:10: error: /m);
    assert(text.stderr.endsWith("2 errors: the file cannot be used\n"), text.stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
