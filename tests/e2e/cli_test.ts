import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { freePort } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";
import { type Ending, WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;

/** A file with eight mistakes, each at the position in the second column. */
const EIGHT_MISTAKES: readonly (readonly [string, string?])[] = [
  ["[options]"],
  ["algoritm = random", "2:1"],
  ["buffer_size = big", "3:15"],
  ["retries = 1"],
  ["retries = 2", "5:1"],
  ["[mappings]"],
  ["24003 =", "7:1"],
  ["24004 = 127.0.0.1:70000", "8:19"],
  ["24005 = 127.0.0.1:8080:300", "9:24"],
  ["24006 = 127.0.0.1:8080 bakcup", "10:24"],
  ["[options 24099]", "11:10"],
  ["algorithm = random"],
];

/** Runs a command on a file with that content. */
async function runOn(
  config: string,
  command: "start" | "check",
  env: Record<string, string> = {},
): Promise<Ending> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/weir.cfg`, config);
    return await WeirProcess.run([command, `${folder}/weir.cfg`], { task: command, env });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

permittedTest(NEEDS, "weir --help prints the commands", async () => {
  const { code, stdout, stderr } = await WeirProcess.run(["--help"]);
  assertEquals([code, stderr], [0, ""]);
  for (const command of ["[start] CONFIG", "check CONFIG", "demo"]) {
    assertStringIncludes(stdout, `weir ${command}`);
  }
});

permittedTest(NEEDS, "weir --version prints Weir's version and Deno's", async () => {
  const { code, stdout } = await WeirProcess.run(["--version"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^weir \d+\.\d+\.\d+ \(deno \d+\.\d+\.\d+, .+\)\n$/);
});

permittedTest(NEEDS, "weir --help-config prints every key", async () => {
  const { code, stdout } = await WeirProcess.run(["--help-config"]);
  assertEquals(code, 0);
  for (const key of ["buffer_size", "algorithm", "pre_resolve_workers", "drain_timeout"]) {
    assertStringIncludes(stdout, key);
  }
});

permittedTest(NEEDS, "weir refuses what it does not know, with status 2", async () => {
  const expected: readonly (readonly [string[], string])[] = [
    [[], "missing command or configuration file"],
    [["check", "setup.cfg", "--jsn"], 'unknown flag "--jsn"; did you mean "--json"?'],
    [["strat", "setup.cfg"], 'unknown command "strat"; did you mean "start"?'],
    [["start"], '"start" needs a configuration file'],
    [["setpu.cfg"], 'cannot read "setpu.cfg": no such file; did you mean "setup.cfg"?'],
    [["help"], 'unknown command "help"; did you mean "--help"?'],
    [["--json", "check", "setup.cfg"], 'flag "--json" follows its command, as in "weir check'],
    [["check", "--version"], 'flag "--version" is used without a command: "weir --version"'],
    [["-x", "setup.cfg"], 'unknown flag "-x"'],
  ];
  for (const [args, message] of expected) {
    const { code, stdout, stderr } = await WeirProcess.run(args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertStringIncludes(stderr, `weir: ${message}`);
    assertEquals(stderr.split("\n").length, 3, stderr);
  }
});

permittedTest(
  NEEDS,
  "weir check lists eight mistakes at their places, and start starts nothing",
  async () => {
    const config = EIGHT_MISTAKES.map(([line]) => `${line}\n`).join("");
    const places = EIGHT_MISTAKES.flatMap(([, place]) => place ?? []);
    for (const command of ["check", "start"] as const) {
      const { code, stdout, stderr } = await runOn(config, command);
      assertEquals([code, stdout], [2, ""]);
      const found = [...stderr.matchAll(/weir\.cfg:(\d+:\d+): error: /g)].map((match) => match[1]);
      assertEquals(found, places, stderr);
      assertMatch(stderr, /\n8 errors.*: /);
      assert(!stderr.includes("istening"), stderr);
    }
  },
);

permittedTest(
  NEEDS,
  "weir writes no colour into a pipe, whatever the environment says",
  async () => {
    for (const env of [{ NO_COLOR: "1" }, { NO_COLOR: "" }]) {
      const { stderr } = await runOn("[optoins]\n", "check", env);
      assertStringIncludes(stderr, "did you mean [options]?");
      assert(!stderr.includes("\x1b"));
    }
  },
);

/** The result of a shell script, in which `weir` runs Weir with the right to read. */
async function shell(script: string): Promise<Ending> {
  const weir = 'weir() { "$0" run --no-prompt --allow-read main.ts "$@"; }';
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `${weir}; ${script}`, Deno.execPath()],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

permittedTest(NEEDS, "weir does not mind who stops reading its output", async () => {
  const { stdout, stderr } = await shell("{ weir --help-config; echo $? >&2; } | head -1");
  assertEquals([stdout.split("\n").length, stderr], [2, "0\n"]);
  const ended = await shell("{ weir --help; echo $? >&2; } >&-");
  assertEquals(ended.stderr.includes("at "), false, ended.stderr);
});

async function writeToFullDisk(): Promise<void> {
  const { code, stderr } = await shell("weir check setup.cfg > /dev/full");
  assertEquals(code, 1);
  assertMatch(stderr, /^weir: cannot write to standard output: No space left on device.*\n$/);
  assertEquals((await shell("weir check deno.json 2> /dev/full")).code, 2);
}

if (Deno.build.os === "linux") {
  const name = "weir says that its output cannot be written, with status 1";
  permittedTest(NEEDS, name, writeToFullDisk);
}

permittedTest(
  NEEDS,
  "weir start ends with status 1 where an address is taken, and says which",
  async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const free = freePort();
    const config = `[mappings]\n127.0.0.1:${free} = 127.0.0.1:9\n127.0.0.1:${port} = 127.0.0.1:9\n`;
    const { code, stderr } = await runOn(config, "start");
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, `127.0.0.1:${port}`);
  },
);

permittedTest(
  NEEDS,
  "weir takes a file without the word start, and stops on SIGTERM and SIGINT",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        await Deno.writeTextFile(
          `${folder}/a.cfg`,
          `[mappings]\n127.0.0.1:${freePort()} = 127.0.0.1:9\n`,
        );
        await using weir = WeirProcess.spawn([`${folder}/a.cfg`]);
        await weir.listening();
        const { code, stderr } = await weir.stop(signal);
        assertEquals(code, 0, stderr);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

permittedTest(
  NEEDS,
  "with log_format = json every line of a run is JSON, warnings too",
  async () => {
    const options = "[options]\nlog_format = json\nhealth_send = a\n";
    const mapping = `[mappings]\n127.0.0.1:${freePort()} = 127.0.0.1:9\n`;
    await using weir = await WeirProcess.start(options + mapping);
    const { code, stderr } = await weir.stop();
    assertEquals(code, 0);
    const [warning] = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
    const { level, properties: { line, column, severity } } = warning;
    assertEquals([level, line, column, severity], ["warning", 3, 1, "warning"]);
  },
);
