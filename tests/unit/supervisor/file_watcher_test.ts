import { assertEquals } from "@std/assert";
import { FileWatcher } from "../../../lib/supervisor/file_watcher.ts";
import { permittedTest } from "../../support/permitted.ts";

/** Runs `edit` under a watcher, and gives once a change was told. */
async function toldOf(edit: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/weir.cfg`;
  await Deno.writeTextFile(file, "before");
  const told = Promise.withResolvers<void>();
  const watcher = new FileWatcher(file, told.resolve);
  watcher.set(true);
  try {
    await edit(file);
    await told.promise;
  } finally {
    watcher.close();
    await Deno.remove(folder, { recursive: true });
  }
}

permittedTest(["read", "write"], "FileWatcher tells of a file that is written", async () => {
  await toldOf((file) => Deno.writeTextFile(file, "after"));
});

permittedTest(
  ["read", "write"],
  "FileWatcher tells of a file that is renamed over it",
  async () => {
    await toldOf(async (file) => {
      await Deno.writeTextFile(`${file}.new`, "after");
      await Deno.rename(`${file}.new`, file);
    });
  },
);

permittedTest(
  ["read", "write"],
  "FileWatcher tells of a second change after a rename",
  async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/weir.cfg`;
    await Deno.writeTextFile(file, "0");
    let told = 0;
    let wake = Promise.withResolvers<void>();
    const watcher = new FileWatcher(file, () => {
      told++;
      wake.resolve();
    });
    watcher.set(true);
    for (const text of ["1", "2"]) {
      await Deno.writeTextFile(`${file}.new`, text);
      await Deno.rename(`${file}.new`, file);
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
    watcher.set(false);
    await Deno.remove(folder, { recursive: true });
    assertEquals(told, 2);
  },
);
