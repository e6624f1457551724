import { assertEquals } from "@std/assert";
import { FileWatcher } from "../../../lib/supervisor/file_watcher.ts";
import { eventually, pause } from "../../support/patience.ts";
import { permittedTest } from "../../support/permitted.ts";

/** Long enough for a watcher to have polled, and short enough to wait for. */
const SEVERAL_LOOKS_MS = 700;

/** A watched file in its own folder, and how often a change was reported. */
class Rig implements AsyncDisposable {
  readonly folder: string;
  readonly file: string;
  readonly watcher: FileWatcher;
  told = 0;

  private constructor(folder: string, name: string) {
    this.folder = folder;
    this.file = `${folder}/${name}`;
    this.watcher = new FileWatcher(this.file, () => this.told++);
    this.watcher.set(true);
  }

  /** @param lay puts the file into the folder */
  static async begin(
    lay: (folder: string) => Promise<void> = (folder) =>
      Deno.writeTextFile(`${folder}/weir.cfg`, "before"),
    name = "weir.cfg",
  ): Promise<Rig> {
    const folder = await Deno.makeTempDir();
    await lay(folder);
    return new Rig(folder, name);
  }

  async hasTold(times: number): Promise<void> {
    await eventually(`${times} changes were told`, () => this.told === times);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.watcher.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

permittedTest(["read", "write"], "FileWatcher tells of a file that is written", async () => {
  await using rig = await Rig.begin();
  await Deno.writeTextFile(rig.file, "after");
  await rig.hasTold(1);
});

permittedTest(["read", "write"], "FileWatcher tells of every file renamed over it", async () => {
  await using rig = await Rig.begin();
  for (const round of [1, 2, 3]) {
    await Deno.writeTextFile(`${rig.file}.new`, `${round}`);
    await Deno.rename(`${rig.file}.new`, rig.file);
    await rig.hasTold(round);
  }
});

permittedTest(
  ["read", "write"],
  "FileWatcher tells of a file whose folder is reached by a symbolic link that is swapped",
  async () => {
    // This is how Kubernetes replaces the files of a ConfigMap: the file itself never changes.
    await using rig = await Rig.begin(async (folder) => {
      await Deno.mkdir(`${folder}/1`);
      await Deno.writeTextFile(`${folder}/1/weir.cfg`, "first");
      await Deno.symlink("1", `${folder}/..data`);
      await Deno.symlink("..data/weir.cfg", `${folder}/weir.cfg`);
    });
    await Deno.mkdir(`${rig.folder}/2`);
    await Deno.writeTextFile(`${rig.folder}/2/weir.cfg`, "second");
    await Deno.symlink("2", `${rig.folder}/..data_tmp`);
    await Deno.rename(`${rig.folder}/..data_tmp`, `${rig.folder}/..data`);
    await rig.hasTold(1);
    // And the file behind the links may be written in place.
    await Deno.writeTextFile(`${rig.folder}/2/weir.cfg`, "third");
    await rig.hasTold(2);
  },
);

permittedTest(
  ["read", "write"],
  "FileWatcher follows a file whose folder is removed and re-created",
  async () => {
    await using rig = await Rig.begin(async (folder) => {
      await Deno.mkdir(`${folder}/etc`);
      await Deno.writeTextFile(`${folder}/etc/weir.cfg`, "before");
    }, "etc/weir.cfg");
    for (const round of [1, 2]) {
      await Deno.remove(`${rig.folder}/etc`, { recursive: true });
      await pause(SEVERAL_LOOKS_MS);
      await Deno.mkdir(`${rig.folder}/etc`);
      await Deno.writeTextFile(rig.file, `round ${round}`);
      await rig.hasTold(round);
    }
  },
);

permittedTest(
  ["read", "write"],
  "FileWatcher tells nothing of a file that is gone, touched, or comes back as it was",
  async () => {
    await using rig = await Rig.begin();
    await Deno.remove(rig.file);
    await pause(SEVERAL_LOOKS_MS);
    await Deno.writeTextFile(rig.file, "before");
    await pause(SEVERAL_LOOKS_MS);
    await Deno.utime(rig.file, 1, 1);
    await pause(SEVERAL_LOOKS_MS);
    assertEquals(rig.told, 0);
    // It still watches.
    await Deno.writeTextFile(rig.file, "after");
    await rig.hasTold(1);
  },
);

permittedTest(
  ["read", "write"],
  "FileWatcher waits for the end of a file that is written slowly",
  async () => {
    await using rig = await Rig.begin();
    using file = await Deno.open(rig.file, { write: true, truncate: true });
    for (let line = 0; line < 20; line++) {
      file.writeSync(new TextEncoder().encode(`line ${line}\n`));
      await pause(50);
    }
    await rig.hasTold(1);
    await pause(SEVERAL_LOOKS_MS);
    assertEquals(rig.told, 1);
  },
);

permittedTest(
  ["read", "write"],
  "FileWatcher.takeNote() makes what somebody else reads known",
  async () => {
    await using rig = await Rig.begin();
    await Deno.writeTextFile(rig.file, "after");
    rig.watcher.takeNote();
    await pause(SEVERAL_LOOKS_MS);
    assertEquals(rig.told, 0);
  },
);

permittedTest(["read", "write"], "FileWatcher.set() watches and stops to", async () => {
  await using rig = await Rig.begin();
  rig.watcher.set(false);
  await Deno.writeTextFile(rig.file, "after");
  await pause(SEVERAL_LOOKS_MS);
  assertEquals(rig.told, 0);
  rig.watcher.set(true);
  rig.watcher.set(true);
  await rig.hasTold(1);
});
