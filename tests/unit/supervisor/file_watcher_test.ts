import { assertEquals } from "@std/assert";
import { readConfiguration, type ReadFiles } from "../../../lib/config/read_configuration.ts";
import { FileWatcher } from "../../../lib/supervisor/file_watcher.ts";
import { eventually, pause } from "../../support/patience.ts";
import { permittedTest } from "../../support/permitted.ts";

/** Long enough for a watcher to have polled, and short enough to wait for. */
const SEVERAL_LOOKS_MS = 700;

/** A watched configuration in its own folder, and how often a change was reported. */
class Rig implements AsyncDisposable {
  readonly folder: string;
  readonly file: string;
  readonly watcher: FileWatcher;
  told = 0;

  private constructor(folder: string, file: string, files: ReadFiles) {
    this.folder = folder;
    this.file = file;
    this.watcher = new FileWatcher(files, () => this.told++);
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
    const file = `${folder}/${name}`;
    return new Rig(folder, file, (await readConfiguration(file)).files);
  }

  /** Reads the configuration again, as a reload does. */
  async reload(): Promise<void> {
    this.watcher.watch((await readConfiguration(this.file)).files);
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
  "FileWatcher.watch() makes what somebody else has read known",
  async () => {
    await using rig = await Rig.begin();
    await Deno.writeTextFile(rig.file, "after");
    await rig.reload();
    await pause(SEVERAL_LOOKS_MS);
    assertEquals(rig.told, 0);
  },
);

permittedTest(
  ["read", "write"],
  "FileWatcher tells of what has changed between the reading and the watching",
  async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/weir.cfg`;
    await Deno.writeTextFile(file, "before");
    const { files } = await readConfiguration(file);
    await Deno.writeTextFile(file, "after!");
    let told = 0;
    const watcher = new FileWatcher(files, () => told++);
    watcher.set(true);
    await eventually("the change was told", () => told === 1);
    watcher.close();
    await Deno.remove(folder, { recursive: true });
  },
);

const INCLUDING = "[options]\ninclude = conf.d/*.cfg\n";

function layIncluding(...names: readonly string[]): (folder: string) => Promise<void> {
  return async (folder) => {
    await Deno.writeTextFile(`${folder}/weir.cfg`, INCLUDING);
    await Deno.mkdir(`${folder}/conf.d`);
    for (const name of names) await Deno.writeTextFile(`${folder}/conf.d/${name}`, "before");
  };
}

permittedTest(
  ["read", "write"],
  "FileWatcher tells of included files that change, appear and go",
  async () => {
    await using rig = await Rig.begin(layIncluding("a.cfg", "b.cfg"));
    const conf = `${rig.folder}/conf.d`;
    await Deno.writeTextFile(`${conf}/b.cfg`, "after");
    await rig.hasTold(1);
    await rig.reload();
    await Deno.writeTextFile(`${conf}/c.cfg`, "new");
    await rig.hasTold(2);
    await rig.reload();
    await Deno.rename(`${conf}/a.cfg`, `${conf}/a.cfg.old`);
    await rig.hasTold(3);
    await rig.reload();
    // Neither does what is not matched count, nor what is touched.
    await Deno.writeTextFile(`${conf}/.d.cfg`, "hidden");
    await Deno.writeTextFile(`${conf}/a.cfg.old`, "unmatched");
    await Deno.utime(`${conf}/b.cfg`, 1, 1);
    await pause(SEVERAL_LOOKS_MS);
    assertEquals(rig.told, 3);
    await Deno.rename(`${conf}/a.cfg.old`, `${conf}/a.cfg`);
    await rig.hasTold(4);
  },
);

permittedTest(
  ["read", "write"],
  "FileWatcher tells of included files in a folder that is made later, or swapped by a link",
  async () => {
    await using rig = await Rig.begin(async (folder) => {
      await Deno.writeTextFile(`${folder}/weir.cfg`, INCLUDING);
    });
    await Deno.mkdir(`${rig.folder}/1`);
    await Deno.writeTextFile(`${rig.folder}/1/a.cfg`, "first");
    await Deno.symlink("1", `${rig.folder}/conf.d`);
    await rig.hasTold(1);
    await rig.reload();
    await Deno.mkdir(`${rig.folder}/2`);
    await Deno.writeTextFile(`${rig.folder}/2/a.cfg`, "second");
    await Deno.symlink("2", `${rig.folder}/next`);
    await Deno.rename(`${rig.folder}/next`, `${rig.folder}/conf.d`);
    await rig.hasTold(2);
  },
);

permittedTest(
  ["read", "write"],
  "FileWatcher tells of a change in any of very many files, and of a file that is named itself",
  async () => {
    const names = Array.from({ length: 200 }, (_, index) => `${index + 100}.cfg`);
    await using rig = await Rig.begin(layIncluding(...names));
    await Deno.writeTextFile(`${rig.folder}/conf.d/299.cfg`, "after");
    await rig.hasTold(1);
    await Deno.writeTextFile(rig.file, "[options]\ninclude = more.cfg\n");
    await rig.hasTold(2);
    await rig.reload();
    await Deno.writeTextFile(`${rig.folder}/more.cfg`, "new");
    await rig.hasTold(3);
  },
);

permittedTest(
  ["read", "write"],
  "FileWatcher tells nothing of matching files that were not read, until they change",
  async () => {
    await using rig = await Rig.begin(async (folder) => {
      await Deno.writeTextFile(`${folder}/weir.cfg`, "[options]\ninclude = *.cfg\n");
      await Deno.symlink("weir.cfg", `${folder}/itself.cfg`);
      const comments = ";\n".repeat(3_000_000);
      for (const name of ["x", "y", "z"]) {
        await Deno.writeTextFile(`${folder}/${name}.cfg`, comments);
      }
    }, "./weir.cfg");
    await pause(2 * SEVERAL_LOOKS_MS);
    assertEquals(rig.told, 0);
    await Deno.writeTextFile(`${rig.folder}/z.cfg`, "after");
    await rig.hasTold(1);
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
