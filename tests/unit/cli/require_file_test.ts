import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../../lib/cli/exit_status.ts";
import { requireFile } from "../../../lib/cli/require_file.ts";
import { permittedTest } from "../../support/permitted.ts";

async function inFolder(names: string[], test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of names) await Deno.writeTextFile(`${folder}/${name}`, "");
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

permittedTest(
  ["read", "write"],
  "requireFile() accepts a file that exists",
  () =>
    inFolder(["setup.cfg"], async (folder) => {
      await requireFile(`${folder}/setup.cfg`);
    }),
);

permittedTest(
  ["read", "write"],
  "requireFile() suggests a similar file of the same folder",
  () =>
    inFolder(["setup.cfg", "notes.txt"], async (folder) => {
      const error = await assertRejects(() => requireFile(`${folder}/setpu.cfg`), UsageError);
      assertEquals(
        error.message,
        `cannot read "${folder}/setpu.cfg": no such file; did you mean "${folder}/setup.cfg"?`,
      );
    }),
);

permittedTest(
  ["read", "write"],
  "requireFile() suggests nothing where nothing is similar",
  () =>
    inFolder(["notes.txt"], async (folder) => {
      const error = await assertRejects(() => requireFile(`${folder}/setup.cfg`), UsageError);
      assertEquals(error.message, `cannot read "${folder}/setup.cfg": no such file`);
    }),
);

permittedTest(
  ["read", "write"],
  "requireFile() copes with a folder that is missing too",
  () =>
    inFolder([], async (folder) => {
      await assertRejects(
        () => requireFile(`${folder}/none/setup.cfg`),
        UsageError,
        "no such file",
      );
    }),
);
