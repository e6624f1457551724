/** What a compiled binary contains, as listed by the compiler and as found in the file. */
import { assert, assertEquals } from "@std/assert";
import { DASHBOARD_ASSETS } from "../../lib/admin/dashboard/assets.ts";
import { compileWeir } from "../support/compile_weir.ts";
import { type PermissionKind, permittedTest } from "../support/permitted.ts";

const NEEDS: readonly PermissionKind[] = ["read", "write", "run", "env"];
const PROJECT = new URL("../../", import.meta.url);
/**
 * Replaces Deno's own base program, which would have to be downloaded. The result does nothing
 * useful, but it contains what the real one does.
 */
const BASE = "/bin/sh";
const PACKAGES = ".deno_compile_node_modules";

/** A binary for the tests below. */
interface Compiled {
  /** The paths that the compiler lists; `/*` at the end stands for all of a folder. */
  readonly listed: readonly string[];
  /** The file, one character per byte. */
  readonly bytes: string;
}

embeddedTest("a binary contains Weir and nothing of its tests", ({ listed }) => {
  const top = new Set(listed.map((path) => path.split("/")[0]));
  assertEquals([...top].toSorted(), [PACKAGES, "deno.json", "lib", "main.ts", "workers"]);
});

embeddedTest("a binary contains the packages that Weir runs with, and no others", ({ listed }) => {
  const names = listed.filter((path) => path.startsWith(PACKAGES)).map(packageName);
  assertEquals(names.toSorted(), ["@logtape/logtape", "deno-std", "ipaddr.js", "uplot"]);
});

embeddedTest("a binary contains the workers and every command", ({ bytes }) => {
  const files = [...filesIn("workers/"), ...filesIn("lib/cli/commands/")];
  assert(files.includes("workers/native.ts") && files.includes("lib/cli/commands/start.ts"));
  assertEquals(files.filter((path) => !bytes.includes(readBytes(path))), []);
});

embeddedTest("a binary contains the dashboard", ({ bytes }) => {
  const page = filesIn("lib/admin/dashboard/page/");
  assertEquals(page.filter((path) => !bytes.includes(readBytes(path))), []);
  const missing = DASHBOARD_ASSETS.filter(({ body }) => !bytes.includes(asBytes(body)));
  assertEquals(missing.map(({ path }) => path), []);
});

function embeddedTest(name: string, check: (compiled: Compiled) => void): void {
  if (Deno.build.os === "linux") permittedTest(NEEDS, name, async () => check(await compiled()));
  else Deno.test({ name: `${name} (ignored: needs Linux)`, ignore: true, fn: () => {} });
}

let promise: Promise<Compiled> | undefined;

/** Compiles once for all tests. */
function compiled(): Promise<Compiled> {
  promise ??= compile();
  return promise;
}

async function compile(): Promise<Compiled> {
  const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
  try {
    const { success, said } = await compileWeir(`${folder}/weir`, BASE);
    assert(success, said);
    return { listed: readTree(said), bytes: asBytes(await Deno.readFile(`${folder}/weir`)) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Reads the drawing of a tree, and returns the paths of its leaves. */
function readTree(said: string): string[] {
  const lines = [...said.matchAll(/^((?:[│ ] )*)[├└]─([─┬]) (\S+)/gm)];
  const folders: string[] = [];
  return lines.flatMap(([, indent = "", kind, name = ""]) => {
    const depth = indent.length / 2;
    folders.splice(depth, Infinity, name);
    return kind === "┬" ? [] : [folders.join("/")];
  });
}

/** `…/REGISTRY/@scope/name/…` is `@scope/name`. */
function packageName(path: string): string {
  const [scope = "", name] = path.split("/").slice(2);
  return scope.startsWith("@") ? `${scope}/${name}` : scope;
}

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, PROJECT))].map(({ name }) => `${folder}${name}`);
}

function readBytes(path: string): string {
  return asBytes(Deno.readFileSync(new URL(path, PROJECT)));
}

function asBytes(content: string | Uint8Array): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return new TextDecoder("latin1").decode(bytes);
}
