/** The runner as a process, on generated test files. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { permittedTest } from "../../support/permitted.ts";

const NEEDS = ["read", "write", "run", "env"] as const;
const MAIN = new URL("../../run.ts", import.meta.url);

/** The output and exit status of the runner. */
interface Run {
  readonly code: number;
  readonly output: string;
  /** The last line, without the time. */
  readonly last: string;
}

/** Runs files of tests; `FOLDER` in their text stands for the folder that they are in. */
async function runAll(
  files: Readonly<Record<string, string>>,
  flags: readonly string[] = ["--no-check"],
): Promise<Run> {
  const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text.replaceAll("FOLDER", folder));
    }
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", "--no-check", MAIN.href, folder, ...flags],
      env: { NO_COLOR: "1", DENO_JOBS: "2" },
    }).output();
    const output = new TextDecoder().decode(stdout);
    const [last = ""] = output.trimEnd().split("\n").slice(-1);
    return { code, output, last: last.replace(/ \((\d+m)?\d+s\)$/, "") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const PASSES = 'Deno.test("passes", () => {});\n';

permittedTest(NEEDS, "the runner adds up what the files' tests come to", async () => {
  const { code, last } = await runAll({
    "first_test.ts": PASSES + 'Deno.test("has a step", (t) => void t.step("one", () => {}));\n',
    "second_test.ts": PASSES + 'Deno.test({ name: "is ignored", ignore: true, fn() {} });\n',
    "no_tests.ts": 'throw new Error("not one of the tests");\n',
  }, ["--no-check", "--filter", "/passes|ignored/"]);
  assertEquals([code, last], [0, "ok | 2 passed | 0 failed | 1 ignored | 1 filtered out"]);
});

permittedTest(NEEDS, "the runner fails where a test does, whatever else passes", async () => {
  const { code, output, last } = await runAll({
    "good_test.ts": PASSES,
    "bad_test.ts": PASSES + 'Deno.test("fails", () => { throw new Error("as it is to"); });\n',
  });
  assertEquals([code, last], [1, "FAILED | 2 passed | 1 failed"]);
  assertStringIncludes(output, "as it is to");
  assertMatch(output, /^failed: \S+\/bad_test\.ts$/m);
});

permittedTest(NEEDS, "the runner fails where a file ends before its tests have", async () => {
  const { code, last } = await runAll({
    "good_test.ts": PASSES,
    "thrown_test.ts": 'throw new Error("before any test");\n',
    "killed_test.ts": 'Deno.test("ends all", () => Deno.kill(Deno.pid, "SIGKILL"));\n',
  });
  assertEquals([code, last], [1, "FAILED | 1 passed | 2 failed"]);
});

permittedTest(
  NEEDS,
  "the runner fails where types do not fit, unless told not to look",
  async () => {
    const files = { "types_test.ts": `${PASSES}export const wrong: number = "text";\n` };
    const checked = await runAll(files, []);
    assertEquals([checked.code, checked.last], [1, "FAILED | 1 passed | 1 failed"]);
    assertStringIncludes(checked.output, "TS2322");
    const unchecked = await runAll(files);
    assertEquals([unchecked.code, unchecked.last], [0, "ok | 1 passed | 0 failed"]);
  },
);

permittedTest(
  NEEDS,
  "the runner runs files together, apart from those that run alone",
  async () => {
    // Each of the two can end only once the other has started.
    const together = (own: string, other: string) => `
Deno.test("meets the other", async () => {
  Deno.writeTextFileSync("FOLDER/${own}", "");
  for (let i = 0; i < 3_000 && !exists("FOLDER/${other}"); i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (!exists("FOLDER/${other}")) throw new Error("it was not there");
  Deno.writeTextFileSync("FOLDER/${own} is done", "");
});
function exists(path: string): boolean {
  return [...Deno.readDirSync("FOLDER")].some(({ name }) => path === "FOLDER/" + name);
}
`;
    const alone = `// Runs alone: it looks who else is there
Deno.test("is alone", async () => {
  for (const file of ["a is done", "b is done"]) Deno.statSync("FOLDER/" + file);
  Deno.mkdirSync("FOLDER/taken");
  await new Promise((resolve) => setTimeout(resolve, 200));
  Deno.removeSync("FOLDER/taken");
});
`;
    const { last, output } = await runAll({
      "a_test.ts": together("a", "b"),
      "b_test.ts": together("b", "a"),
      "alone_test.ts": alone,
      "also_alone_test.ts": alone,
    });
    assertEquals(last, "ok | 4 passed | 0 failed", output);
  },
);

permittedTest(NEEDS, "the runner says which file or folder is not there", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--no-check", MAIN.href, "tests/nowhere"],
  }).output();
  assertEquals(code, 2);
  assertStringIncludes(new TextDecoder().decode(stdout), "tests/nowhere");
});
