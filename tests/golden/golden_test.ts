import { assertEquals } from "@std/assert";
import { formatDiagnostics } from "../../lib/config/diagnostic.ts";
import { type IncludedText, parseSettings } from "../../lib/config/load_settings.ts";
import { permittedTest } from "../support/permitted.ts";

// Each case is a pair of files in this folder: NAME.cfg, and in NAME.expected what Weir says about
// it and, where it is valid, the settings that it yields. UPDATE_GOLDEN=1 writes the second ones.
// A file includes those in the folder NAME.d, if there is one.

const FOLDER = new URL("./", import.meta.url);
const ENVIRONMENT = { cores: 2, privileged: false };

permittedTest(["read"], "each configuration in tests/golden gives what is expected", async (t) => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).toSorted();
  const cases = files.filter((name) => name.endsWith(".cfg")).map((name) => name.slice(0, -4));
  for (const name of cases) {
    await t.step(name, async () => {
      const actual = describe(
        `${name}.cfg`,
        await Deno.readTextFile(new URL(`${name}.cfg`, FOLDER)),
        readIncluded(`${name}.d`),
      );
      const expectedFile = new URL(`${name}.expected`, FOLDER);
      if (isUpdating()) await Deno.writeTextFile(expectedFile, actual);
      assertEquals(actual, await Deno.readTextFile(expectedFile));
    });
  }
  await t.step("no expectation is left without its configuration", () => {
    const expectations = files.filter((name) => name.endsWith(".expected"));
    assertEquals(expectations, cases.map((name) => `${name}.expected`));
  });
});

function readIncluded(folder: string): IncludedText[] {
  const url = new URL(`${folder}/`, FOLDER);
  const isThere = [...Deno.readDirSync(FOLDER)].some(({ name }) => name === folder);
  const names = isThere ? [...Deno.readDirSync(url)].map(({ name }) => name).toSorted() : [];
  return names.map((name) => ({
    file: `${folder}/${name}`,
    text: Deno.readTextFileSync(new URL(name, url)),
  }));
}

function describe(file: string, text: string, included: readonly IncludedText[]): string {
  const { settings, diagnostics } = parseSettings(text, file, ENVIRONMENT, included);
  const closing = settings === undefined ? "nothing was started" : "the file can be used";
  const problems = formatDiagnostics(diagnostics, { color: false, closing });
  const parts = [problems, settings === undefined ? "" : JSON.stringify(settings, null, 2)];
  return parts.filter((part) => part !== "").map((part) => `${part}\n`).join("");
}

function isUpdating(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "UPDATE_GOLDEN" });
  return state === "granted" && Deno.env.get("UPDATE_GOLDEN") === "1";
}
