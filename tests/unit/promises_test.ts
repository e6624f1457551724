/** The page on what backs each promise names what there is, and leaves no page's section out. */
import { assert, assertEquals } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { permittedTest } from "../support/permitted.ts";

const PROJECT = new URL("../../", import.meta.url);
const PAGES = new URL(".github/docs/", PROJECT);
const PROMISES = "promises.md";
/** Sections of the README that promise nothing, or what other sections promise in detail. */
const WITHOUT_PROMISES = ["What it is not", "Further reading"];

/** A test that the page names: its file, and its title or a part of that. */
interface NamedTest {
  readonly path: string;
  readonly title: string;
}

permittedTest(["read"], "promises.md names tests that exist", async () => {
  const page = await Deno.readTextFile(new URL(PROMISES, PAGES));
  const missing: string[] = [];
  for (const { path, title } of listTests(page)) {
    const text = await Deno.readTextFile(new URL(path, PROJECT)).catch(() => undefined);
    if (text === undefined) missing.push(`there is no ${path}`);
    else if (!literals(text).some((literal) => literal.includes(title))) {
      missing.push(`${path} has no test "${title}"`);
    }
  }
  assertEquals(missing, []);
});

permittedTest(["read"], "promises.md has a test or a measurement for every promise", async () => {
  const page = await Deno.readTextFile(new URL(PROMISES, PAGES));
  const lines = page.slice(page.indexOf("\n## ")).split("\n");
  const unbacked = lines.filter((line, at) =>
    line.startsWith("- ") && !lines[at + 1]?.startsWith("  - ")
  );
  assertEquals(unbacked, []);
  const unreadable = lines.filter((line) =>
    line !== "" && !/^(## |- | {2}- `tests\/[^`]+`: .| {2}- measured: `[^`]+`)/.test(line)
  );
  assertEquals(unreadable, []);
  for (const [, command = ""] of page.matchAll(/^ {2}- measured: `([^`]+)`/gm)) {
    if (command.startsWith("perf record ")) continue;
    const [, task] = /^deno task ([a-z]+)$/.exec(command) ?? [];
    if (task === undefined) await Deno.stat(new URL(command, PROJECT));
    else assert(Object.hasOwn(project.tasks, task), command);
  }
});

permittedTest(["read"], "promises.md has every section of the README, and every page", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", PROJECT));
  const expected = headings(readme, "## ").filter((name) => !WITHOUT_PROMISES.includes(name));
  for await (const { name } of Deno.readDir(PAGES)) {
    if (name === PROMISES) continue;
    expected.push(...headings(await Deno.readTextFile(new URL(name, PAGES)), "# ").slice(0, 1));
  }
  const found = headings(await Deno.readTextFile(new URL(PROMISES, PAGES)), "## ");
  assertEquals(found.toSorted(), expected.toSorted());
});

function listTests(page: string): NamedTest[] {
  const found = [...page.matchAll(/^ {2}- `(tests\/[^`]+)`: (.+)$/gm)].map(([, path, title]) => ({
    path: path as string,
    title: title as string,
  }));
  assert(found.length > 0);
  return found;
}

/** The texts between quotation marks, as they are written. */
function literals(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)].map((match) =>
    (match[1] ?? match[2] ?? "").replaceAll(/\\(.)/g, "$1")
  );
}

function headings(markdown: string, sign: string): string[] {
  const prose = markdown.replaceAll(/^```[^]*?^```$/gm, "");
  return prose.split("\n").filter((line) => line.startsWith(sign)).map((line) =>
    line.slice(sign.length)
  );
}
