import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { OutputError } from "../../../lib/cli/exit_status.ts";
import type { Terminal } from "../../../lib/cli/output/terminal.ts";
import { run } from "../../../lib/cli/run.ts";
import { permittedTest } from "../../support/permitted.ts";

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function ran(args: readonly string[], color = false): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  const terminal: Terminal = {
    print: (text) => {
      stdout += text;
    },
    printError: (text) => {
      stderr += text;
    },
    color,
    errorColor: color,
  };
  const nowhere = new URL("file:///nowhere/");
  const status = await run(
    args,
    { workerUrls: { native: nowhere, streams: nowhere }, projectFolder: nowhere },
    terminal,
  );
  return { status, stdout, stderr };
}

async function check(config: string, flags: readonly string[], color = false): Promise<Ran> {
  const file = await Deno.makeTempFile({ suffix: ".cfg" });
  try {
    await Deno.writeTextFile(file, config);
    return await ran(["check", ...flags, file], color);
  } finally {
    await Deno.remove(file);
  }
}

const VALID = "[mappings]\n24003 = 127.0.0.1:8080:3, 127.0.0.1:8081\n";
const SUSPICIOUS = `[options]\nbuffer_size = 512\n${VALID}`;
const WRONG = "[mappings]\n24003 = 127.0.0.1:99999\n24003 = 127.0.0.1:8080\n[optoins]\n";

Deno.test("run() prints help and version on standard output", async () => {
  for (const flag of ["--help", "--version", "--help-config"]) {
    const { status, stdout, stderr } = await ran([flag]);
    assertEquals([status, stderr], [0, ""]);
    assert(stdout.endsWith("\n"), flag);
  }
});

Deno.test("run() says that nothing could be written, with status 1", async () => {
  let stderr = "";
  const terminal: Terminal = {
    print: () => {
      throw new OutputError(new Error("No space left on device"));
    },
    printError: (text) => {
      stderr += text;
    },
    color: false,
    errorColor: false,
  };
  const nowhere = new URL("file:///nowhere/");
  const entry = { workerUrls: { native: nowhere, streams: nowhere }, projectFolder: nowhere };
  assertEquals(await run(["--help"], entry, terminal), 1);
  assertEquals(stderr, "weir: cannot write to standard output: No space left on device\n");
});

permittedTest(["read"], "run() takes a folder for a file, and says what it is", async () => {
  const { status, stderr } = await ran([import.meta.dirname as string]);
  assertEquals(status, 2);
  assertStringIncludes(stderr, "error: cannot read the file: it is a directory\n");
  assertStringIncludes(
    (await ran(["tests"])).stderr,
    "tests: error: cannot read the file: it is a",
  );
});

permittedTest(["read"], "run() explains wrong usage on standard error, with status 2", async () => {
  const { status, stdout, stderr } = await ran(["chekc", "setup.cfg"]);
  assertEquals([status, stdout], [2, ""]);
  assertStringIncludes(stderr, 'weir: unknown command "chekc"; did you mean "check"?\n');
  assertStringIncludes(stderr, 'run "weir --help" for usage\n');
  assertStringIncludes((await ran(["check"])).stderr, 'run "weir check --help" for usage');
});

permittedTest(["read", "write"], "run() check describes a valid file, with status 0", async () => {
  const { status, stdout, stderr } = await check(VALID, []);
  assertEquals([status, stderr], [0, ""]);
  assertStringIncludes(stdout, "127.0.0.1:8080  weight 3  75 % of sessions");
});

permittedTest(["read", "write"], "run() check shows warnings, still with status 0", async () => {
  const { status, stdout, stderr } = await check(SUSPICIOUS, []);
  assertEquals(status, 0);
  assertStringIncludes(stderr, ":2:15: warning: ");
  assertStringIncludes(stderr, "\n1 warning\n");
  assertStringIncludes(stdout, "24003 listens on 0.0.0.0:24003");
});

permittedTest(["read", "write"], "run() check lists every error, with status 2", async () => {
  const { status, stdout, stderr } = await check(WRONG, []);
  assertEquals([status, stdout], [2, ""]);
  assertEquals(stderr.match(/: error: /g)?.length, 3);
  assertStringIncludes(stderr, "\n3 errors: the file cannot be used\n");
});

permittedTest(
  ["read", "write"],
  "run() check --json is JSON, whatever the file is like",
  async () => {
    for (
      const [config, valid, problems] of [[VALID, true, 0], [SUSPICIOUS, true, 1], [
        WRONG,
        false,
        3,
      ]]
    ) {
      const { status, stdout, stderr } = await check(String(config), ["--json"]);
      const result = JSON.parse(stdout);
      assertEquals([status, stderr], [valid ? 0 : 2, ""]);
      assertEquals([result.valid, result.diagnostics.length], [valid, problems]);
      assertEquals(result.settings === null, !valid);
    }
  },
);

permittedTest(["read", "write"], "run() check takes colour only where it is welcome", async () => {
  assert((await check(WRONG, [], true)).stderr.includes("\x1b["));
  assert(!(await check(WRONG, [], false)).stderr.includes("\x1b["));
});

permittedTest(["net"], "run() lets no answer of a Weir steer the terminal", async () => {
  const escape = "\x1b[31m";
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) =>
      url.endsWith("/reload")
        ? Response.json({ ok: true, diagnostics: [], problems: [], changes: [`a ${escape}`] })
        : Response.json({ detail: `no ${escape}` }, { status: 409 }),
  );
  const admin = `127.0.0.1:${server.addr.port}`;
  const reloaded = await ran(["reload", "--admin", admin]);
  assertEquals([reloaded.status, reloaded.stdout], [0, "a \uFFFD[31m\nreloaded\n"]);
  const refused = await ran(["status", "--admin", admin]);
  assertEquals([refused.status, refused.stderr], [1, "weir: no \uFFFD[31m\n"]);
});
