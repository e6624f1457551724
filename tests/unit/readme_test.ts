import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatReferenceMarkdown } from "../../lib/config/reference.ts";
import { ALGORITHM_NAMES } from "../../lib/config/settings.ts";
import { permittedTest } from "../support/permitted.ts";

const README = new URL("../../README.md", import.meta.url);
/** The formatter ignores what is between these two, so the reference stays as generated. */
const START = "<!-- deno-fmt-ignore-start -->\n";
const END = "<!-- deno-fmt-ignore-end -->";

permittedTest(["read"], "README.md has the reference of keys as the schema gives it", async () => {
  const [before, found, after] = cutOut(await Deno.readTextFile(README));
  const reference = `\n${formatReferenceMarkdown()}\n\n`;
  if (isUpdating()) {
    await Deno.writeTextFile(README, before + reference + after);
    return;
  }
  assertEquals(found, reference, "UPDATE_GOLDEN=1 deno task test writes the reference anew");
});

permittedTest(["read"], "README.md says when to take each algorithm", async () => {
  const readme = await Deno.readTextFile(README);
  const chapter = /^## Algorithms\n([^]*?)^## /m.exec(readme)?.[1] ?? "";
  for (const name of ALGORITHM_NAMES) assertStringIncludes(chapter, `| \`${name}\``);
});

/** Returns the text before, between and after the two markers. */
function cutOut(readme: string): [before: string, found: string, after: string] {
  const start = readme.indexOf(START) + START.length;
  const end = readme.indexOf(END);
  assert(start > START.length && end > start, "the markers of the reference are missing");
  return [readme.slice(0, start), readme.slice(start, end), readme.slice(end)];
}

function isUpdating(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "UPDATE_GOLDEN" });
  return state === "granted" && Deno.env.get("UPDATE_GOLDEN") === "1";
}
