/** The rules of .github/ARCHITECTURE.md that a program can check. */
import { assertEquals } from "@std/assert";
import { basename, dirname, join, normalize } from "node:path/posix";
import { permittedTest } from "./support/permitted.ts";

const ROOT = new URL("../", import.meta.url);
const MAX_LINES = 400;

/** A folder imports from its own and from those of a lower rank. */
const RANKS: Readonly<Record<string, number>> = {
  cli: 8,
  admin: 7,
  demo: 7,
  supervisor: 6,
  engine: 5,
  balance: 4,
  health: 4,
  discovery: 4,
  protocol: 3,
  access: 3,
  log: 3,
  state: 2,
  config: 1,
  base: 0,
};

/**
 * The same within a folder that has inner walls. Files directly in the folder may import from all of
 * its rooms, and be imported by them.
 */
const INNER_RANKS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "lib/admin": { api: 2, dashboard: 1, metrics: 0, server: 0 },
  "lib/cli": { command_line: 4, commands: 3, top: 2, client: 1, output: 0 },
  "lib/engine": { native: 0, streams: 0 },
  "lib/engine/native": { sessions: 2, loop: 1, libc: 0 },
};

/** What may appear in one file only. */
const IN_ONE_FILE: Readonly<Record<string, RegExp>> = {
  "Deno.dlopen": /\bDeno\.dlopen\b/,
  "new SharedArrayBuffer": /\bnew SharedArrayBuffer\b/,
  "new Worker": /\bnew Worker\b/,
  "console": /\bconsole\s*\./,
  "Deno.exit": /\bDeno\.exit\b/,
  "what an error is in words": /\binstanceof Error\s*\?\s*\w+\.message\b/,
  "the trace of an error": /\binstanceof Error\s*\?\s*\w+\.stack\b/,
};

interface SourceFile {
  /** Relative to the project's folder. */
  readonly path: string;
  /** Without comments. */
  readonly code: string;
  readonly lineCount: number;
  /** The project's own files that it names, types and dynamic imports included. */
  readonly imports: readonly string[];
}

permittedTest(["read"], "every folder imports from lower ranks only", () => {
  const wrong: string[] = [];
  for (const file of readSources()) {
    for (const imported of file.imports) {
      const reason = rankViolation(file.path, imported);
      if (reason !== undefined) wrong.push(`${file.path} imports ${imported}: ${reason}`);
    }
  }
  assertEquals(wrong, []);
});

permittedTest(["read"], "every folder of lib/ has a rank", () => {
  const folders = [...Deno.readDirSync(new URL("lib/", ROOT))].map((entry) => entry.name);
  assertEquals(folders.filter((name) => !Object.hasOwn(RANKS, name)), []);
});

permittedTest(["read"], "every room of a folder with inner walls has a rank", () => {
  const unranked = Object.entries(INNER_RANKS).flatMap(([folder, ranks]) =>
    [...Deno.readDirSync(new URL(`${folder}/`, ROOT))]
      .filter((entry) => entry.isDirectory && !Object.hasOwn(ranks, entry.name))
      .map((entry) => `${folder}/${entry.name}`)
  );
  assertEquals(unranked, []);
});

permittedTest(["read"], "no file imports itself by way of others", () => {
  assertEquals(findCycles(readSources()), []);
});

permittedTest(["read"], "every import names a file that exists", () => {
  const sources = readSources();
  const known = new Set([...sources.map((file) => file.path), "deno.json"]);
  const missing = sources.flatMap((file) =>
    file.imports.filter((path) => !known.has(path) && !isFile(path))
      .map((path) => `${file.path}: ${path}`)
  );
  assertEquals(missing, []);
});

permittedTest(["read"], `no file has more than ${MAX_LINES} lines`, () => {
  const long = [...readSources(), ...readTests()].filter((file) => file.lineCount > MAX_LINES);
  assertEquals(long.map((file) => `${file.path}: ${file.lineCount}`), []);
});

for (const [name, pattern] of Object.entries(IN_ONE_FILE)) {
  permittedTest(["read"], `${name} stands in one file at most`, () => {
    const files = readSources().filter((file) => pattern.test(file.code)).map((file) => file.path);
    assertEquals(files.slice(1), [], `all of them: ${files.join(", ")}`);
  });
}

permittedTest(["read"], "the process is ended by main.ts alone", () => {
  const files = readSources().filter((file) => /\bDeno\.exit\b/.test(file.code));
  assertEquals(files.map((file) => file.path), ["main.ts"]);
});

permittedTest(["read"], "no file only passes on what others export", () => {
  const barrels = readSources().filter((file) =>
    !isPrivate(file.path) && /^export\s+(type\s+)?(\*|\{[^}]*\})[^;]*\bfrom\b/m.test(file.code)
  );
  assertEquals(barrels.map((file) => file.path), []);
});

permittedTest(["read"], "files with a leading underscore are imported within their folder", () => {
  const wrong = readSources().flatMap((file) =>
    file.imports
      .filter((path) => isPrivate(path) && dirname(path) !== dirname(file.path))
      .map((path) => `${file.path} imports ${path}`)
  );
  assertEquals(wrong, []);
});

permittedTest(["read"], "lib/ never names workers/", () => {
  const wrong = readSources().filter((file) =>
    file.path.startsWith("lib/") && /["'`][^"'`\n]*\bworkers\/[^"'`\n]*["'`]/.test(file.code)
  );
  assertEquals(wrong.map((file) => file.path), []);
});

permittedTest(["read"], "file and folder names are in snake_case", () => {
  const wrong = readSources().map((file) => file.path)
    .filter((path) =>
      !/^([a-z0-9]+(_[a-z0-9]+)*\/)*_?[a-z0-9]+(_[a-z0-9]+)*(\.d)?\.ts$/.test(path)
    );
  assertEquals(wrong, []);
});

permittedTest(["read"], "every file in lib/ exports something", () => {
  const silent = readSources().filter((file) =>
    file.path.startsWith("lib/") && !/^export\b/m.test(file.code)
  );
  assertEquals(silent.map((file) => file.path), []);
});

permittedTest(["read"], "CONTRIBUTING.md says what each file of tests/support/ is for", () => {
  const page = Deno.readTextFileSync(new URL(".github/CONTRIBUTING.md", ROOT));
  const rows = [...page.matchAll(/^\| (`.+?`) +\| /gm)].map((match) => match[1] as string);
  const named = rows.flatMap((row) => [...row.matchAll(/`(\w+(?:\.d)?\.ts)`/g)])
    .map((match) => match[1] as string);
  const files = listFiles("tests/support").map((path) => path.slice("tests/support/".length));
  assertEquals(named.toSorted(), files.toSorted());
});

Deno.test("rankViolation() allows downwards and refuses upwards and sideways", () => {
  assertEquals(rankViolation("lib/cli/run.ts", "lib/base/address.ts"), undefined);
  assertEquals(rankViolation("lib/base/a.ts", "lib/base/b.ts"), undefined);
  assertEquals(rankViolation("lib/base/a.ts", "lib/config/b.ts"), "config is not below base");
  assertEquals(rankViolation("lib/state/a.ts", "lib/log/b.ts"), "log is not below state");
  assertEquals(rankViolation("lib/engine/native/a.ts", "lib/engine/engine.ts"), undefined);
  assertEquals(
    rankViolation("lib/engine/native/a.ts", "lib/engine/streams/b.ts"),
    "streams is not below native",
  );
  assertEquals(
    rankViolation("lib/engine/native/loop/a.ts", "lib/engine/native/libc/b.ts"),
    undefined,
  );
  assertEquals(
    rankViolation("lib/engine/native/loop/a.ts", "lib/engine/native/sessions/b.ts"),
    "sessions is not below loop",
  );
  assertEquals(rankViolation("lib/cli/output/a.ts", "lib/cli/command.ts"), undefined);
  assertEquals(rankViolation("lib/base/a.ts", "tests/b.ts"), "lib/ is on its own");
});

Deno.test("findCycles() finds a way round over several files", () => {
  const file = (path: string, ...imports: string[]): SourceFile => ({
    path,
    code: "",
    lineCount: 1,
    imports,
  });
  assertEquals(findCycles([file("a", "b"), file("b", "c"), file("c")]), []);
  assertEquals(findCycles([file("a", "b"), file("b", "c"), file("c", "b")]), ["b -> c -> b"]);
});

Deno.test("ownImports() sees static, type and dynamic imports, and no other text", () => {
  const code = [
    'import { a } from "./a.ts";',
    'import type { B } from "../base/b.ts";',
    'export * from "npm:x";',
    'const load = () => import("./c.ts");',
    'const text = "from ./d.ts";',
  ].join("\n");
  assertEquals(ownImports("lib/cli/x.ts", code), ["lib/cli/a.ts", "lib/base/b.ts", "lib/cli/c.ts"]);
});

function rankViolation(from: string, to: string): string | undefined {
  if (!from.startsWith("lib/") || to === "deno.json") return undefined;
  if (!to.startsWith("lib/")) return "lib/ is on its own";
  const [, fromFolder = ""] = from.split("/");
  const [, toFolder = ""] = to.split("/");
  if (fromFolder !== toFolder) {
    const lower = (RANKS[toFolder] ?? Infinity) < (RANKS[fromFolder] ?? -Infinity);
    return lower ? undefined : `${toFolder} is not below ${fromFolder}`;
  }
  for (const [folder, ranks] of Object.entries(INNER_RANKS)) {
    const [fromRoom, toRoom] = [roomOf(folder, from), roomOf(folder, to)];
    if (fromRoom === undefined || toRoom === undefined || fromRoom === toRoom) continue;
    const lower = (ranks[toRoom] ?? Infinity) < (ranks[fromRoom] ?? -Infinity);
    if (!lower) return `${toRoom} is not below ${fromRoom}`;
  }
  return undefined;
}

/** The folder right below another one that a file is in; absent if it is directly in that one. */
function roomOf(folder: string, path: string): string | undefined {
  if (!path.startsWith(`${folder}/`)) return undefined;
  const [room, ...rest] = path.slice(folder.length + 1).split("/");
  return rest.length === 0 ? undefined : room;
}

/** Whether a file that is not source code exists: a page or a style sheet imported as text. */
function isFile(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, ROOT)).isFile;
  } catch {
    return false;
  }
}

function findCycles(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map((file) => [file.path, file.imports]));
  const done = new Set<string>();
  const cycles: string[] = [];
  function visit(path: string, trail: readonly string[]): void {
    const start = trail.indexOf(path);
    if (start >= 0) {
      cycles.push([...trail.slice(start), path].join(" -> "));
      return;
    }
    if (done.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  }
  for (const file of files) visit(file.path, []);
  return cycles;
}

function isPrivate(path: string): boolean {
  return basename(path).startsWith("_");
}

function readSources(): SourceFile[] {
  return ["main.ts", ...listFiles("lib"), ...listFiles("workers")].map(readSource);
}

function readTests(): SourceFile[] {
  return listFiles("tests").map(readSource);
}

function readSource(path: string): SourceFile {
  const text = Deno.readTextFileSync(new URL(path, ROOT));
  const code = withoutComments(text);
  const lineCount = text.trimEnd().split("\n").length;
  return { path, code, lineCount, imports: ownImports(path, code) };
}

function ownImports(path: string, code: string): string[] {
  const found = code.matchAll(/\b(?:from|import)\s*\(?\s*"(\.\.?\/[^"]+)"/g);
  return [...found].map((match) => normalize(join(dirname(path), match[1] as string)));
}

// Good enough for code that `deno fmt` has laid out: block comments, and line comments that are not
// inside a string such as "https://…".
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function listFiles(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return listFiles(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}
