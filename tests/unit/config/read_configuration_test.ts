import { assert, assertEquals } from "@std/assert";
import { type LoadedFiles, loadSettings } from "../../../lib/config/load_settings.ts";
import { listMatching } from "../../../lib/config/list_matching.ts";
import { permittedTest } from "../../support/permitted.ts";

const ENVIRONMENT = { cores: 2, privileged: true };

/** A configuration in a folder of its own. */
class Rig implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param files their texts or bytes, by path in the folder; `weir.cfg` is the configuration */
  static async begin(files: Readonly<Record<string, string | Uint8Array>>): Promise<Rig> {
    const rig = new Rig(await Deno.makeTempDir());
    for (const [path, content] of Object.entries(files)) await rig.write(path, content);
    return rig;
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    const cut = path.lastIndexOf("/");
    if (cut > 0) await Deno.mkdir(this.path(path.slice(0, cut)), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(this.path(path), bytes);
  }

  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  load(): Promise<LoadedFiles> {
    return loadSettings(this.path("weir.cfg"), ENVIRONMENT);
  }

  /** What is reported, as `file:line:column severity message`, without the folder. */
  async problems(): Promise<string[]> {
    const { diagnostics } = await this.load();
    return diagnostics.map(({ file, line, column, severity, message }) =>
      `${file}:${line}:${column} ${severity} ${message}`.replaceAll(`${this.folder}/`, "")
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

function main(include: string): string {
  return `[options]\ninclude = ${include}\n[mappings]\n24003 = 127.0.0.1:1\n`;
}

permittedTest(["read", "write"], "loadSettings() reads included files in order", async () => {
  await using rig = await Rig.begin({
    "weir.cfg": main("conf.d/*.cfg"),
    "conf.d/b.cfg": "\uFEFF[mappings]\r\n24005 = 127.0.0.1:1\r\n[options 24004]\r\nretries = 1",
    "conf.d/B.cfg": "[mappings]\n24006 = 127.0.0.1:1",
    "conf.d/a.cfg": "[mappings]\n24004 = 127.0.0.1:1",
    "conf.d/.c.cfg": "wrong",
    "conf.d/d.cfg.bak": "wrong",
    "conf.d/folder.cfg/e": "wrong",
  });
  const { settings, diagnostics, files } = await rig.load();
  assertEquals(diagnostics, []);
  assertEquals(settings?.listeners.map(({ key }) => key), ["24003", "24006", "24004", "24005"]);
  assertEquals(settings?.pools[2]?.retries, 1);
  assertEquals([settings?.file, settings?.include], [rig.path("weir.cfg"), "conf.d/*.cfg"]);
  const paths = ["weir.cfg", "conf.d/B.cfg", "conf.d/a.cfg", "conf.d/b.cfg"].map((path) =>
    rig.path(path)
  );
  assertEquals([...files.texts.keys()], paths);
  assertEquals(files.texts.get(paths[2] as string), "[mappings]\n24004 = 127.0.0.1:1");
  assertEquals(files.pattern, rig.path("conf.d/*.cfg"));
});

permittedTest(
  ["read", "write"],
  "loadSettings() reports each file under its own name",
  async () => {
    await using rig = await Rig.begin({
      "weir.cfg": `${main("conf.d/*.cfg")}x\n`,
      "conf.d/a.cfg": "[mappings]\n24004 = 127.0.0.1\n",
      "conf.d/b.cfg": Uint8Array.of(...new TextEncoder().encode("[mappings]\n; f"), 0xfc),
      "conf.d/c.cfg": Uint8Array.of(0, 0xff),
    });
    assertEquals(await rig.problems(), [
      'weir.cfg:2:11 error cannot read included file "conf.d/c.cfg": it is not text',
      'weir.cfg:5:1 error missing "=" after "x": a line is a section such as "[options]", ' +
      '"key = value", or a comment after ";"',
      'conf.d/a.cfg:2:9 error backend "127.0.0.1" has no port: expected host:port[:weight]',
      "conf.d/b.cfg:2:4 error this is not UTF-8: save the file as UTF-8",
    ]);
  },
);

permittedTest(["read", "write"], "loadSettings() warns of a pattern without files", async () => {
  await using rig = await Rig.begin({ "weir.cfg": main("conf.d/*.cfg") });
  const nothing = 'weir.cfg:2:11 warning include "conf.d/*.cfg" matches no file';
  assertEquals(await rig.problems(), [`${nothing}: folder "conf.d" does not exist`]);
  await Deno.mkdir(rig.path("conf.d"));
  assertEquals(await rig.problems(), [nothing]);
  const { settings, files } = await rig.load();
  assert(settings !== undefined);
  assertEquals(files.pattern, rig.path("conf.d/*.cfg"));
  await rig.write("weir.cfg", main("weir.cfg/*"));
  assertEquals(await rig.problems(), [
    'weir.cfg:2:11 error include "weir.cfg/*" cannot be used: part of its path is not a folder',
  ]);
});

permittedTest(["read", "write"], "loadSettings() reports what cannot be included", async () => {
  await using rig = await Rig.begin({
    "weir.cfg": main("missing.cfg"),
    "conf.d/weir.cfg": main("../*.cfg"),
  });
  const problem = (file: string, why: string): string[] => [
    `weir.cfg:2:11 error cannot read included file "${file}": ${why}`,
  ];
  assertEquals(await rig.problems(), problem("missing.cfg", "it does not exist"));
  const { files } = await rig.load();
  assertEquals([...files.texts.entries()][1], [rig.path("missing.cfg"), undefined]);
  await rig.write("weir.cfg", main("conf.d"));
  assertEquals(await rig.problems(), problem("conf.d", "it is a directory"));
  await rig.write("weir.cfg", main("./weir.cfg"));
  assertEquals(await rig.problems(), problem("weir.cfg", "it is the configuration file itself"));
  await Deno.symlink("nowhere", rig.path("conf.d/a.cfg"));
  await rig.write("weir.cfg", main("conf.d/a.*"));
  assertEquals(await rig.problems(), problem("conf.d/a.cfg", "it does not exist"));
});

permittedTest(["read", "write"], "loadSettings() does not include a file in itself", async () => {
  await using rig = await Rig.begin({
    "weir.cfg": main("*.cfg"),
    "a.cfg": "[mappings]\n24004 = 127.0.0.1:1",
  });
  assertEquals(await rig.problems(), []);
  assertEquals((await rig.load()).settings?.listeners.length, 2);
  await Deno.symlink("weir.cfg", rig.path("z.cfg"));
  assertEquals(await rig.problems(), []);
});

permittedTest(
  ["read", "write", "run"],
  "loadSettings() waits for no named pipe to include",
  async () => {
    await using rig = await Rig.begin({ "weir.cfg": main("pipe") });
    await new Deno.Command("mkfifo", { args: [rig.path("pipe")] }).output();
    assertEquals(await rig.problems(), [
      'weir.cfg:2:11 error cannot read included file "pipe": it is a named pipe',
    ]);
  },
);

permittedTest(
  ["read", "write"],
  "loadSettings() limits the number of files and their bytes",
  async () => {
    await using rig = await Rig.begin({ "weir.cfg": main("conf.d/*.cfg") });
    const comment = `; ${"x".repeat(2_000_000)}\n`.replaceAll(/x{999}/g, "$&\n;");
    for (const name of ["a", "b", "c", "d"]) await rig.write(`conf.d/${name}.cfg`, comment);
    assertEquals(await rig.problems(), []);
    await rig.write("conf.d/e.cfg", comment);
    assertEquals(await rig.problems(), [
      'weir.cfg:2:11 error with "conf.d/e.cfg" the configuration is larger than 8m in all',
    ]);
    await rig.write("weir.cfg", main("many/*"));
    await Deno.mkdir(rig.path("many"));
    for (let index = 0; index < 1_000; index++) Deno.createSync(rig.path(`many/${index}`)).close();
    assertEquals(await rig.problems(), []);
    await rig.write("many/more", "");
    assertEquals(await rig.problems(), [
      'weir.cfg:2:11 error include "many/*" cannot be used: it matches more than 1000 files',
    ]);
    await rig.write("weir.cfg", main("many/1*"));
    assertEquals(await rig.problems(), []);
  },
);

permittedTest(
  ["read", "write"],
  "loadSettings() limits sections and keys over all files",
  async () => {
    const keys = (from: number): string =>
      Array.from({ length: 40_000 }, (_, index) => `${from + index}=`).join("\n");
    await using rig = await Rig.begin({
      "weir.cfg": main("conf.d/*.cfg"),
      "conf.d/a.cfg": `[options x]\n${keys(0)}`,
      "conf.d/b.cfg": `[options y]\n${keys(0)}`,
      "conf.d/c.cfg": `[options z]\n${keys(0)}`,
      "conf.d/d.cfg": "%",
    });
    const { diagnostics } = await rig.load();
    const [limit] = diagnostics.filter(({ message }) =>
      message.includes("100000 sections and keys")
    );
    assertEquals([limit?.file, limit?.line], [rig.path("conf.d/c.cfg"), 19_996]);
    assert(!diagnostics.some(({ file }) => file.endsWith("d.cfg")));
  },
);

permittedTest(
  ["read", "write"],
  "listMatching() refuses a folder with very many entries",
  async () => {
    await using rig = await Rig.begin({ "many/a.cfg": "" });
    assertEquals(await listMatching(rig.path("many/*.cfg")), [rig.path("many/a.cfg")]);
    for (let index = 0; index < 10_000; index++) Deno.createSync(rig.path(`many/${index}`)).close();
    const problem = await listMatching(rig.path("many/*.cfg")).catch(({ message }) => message);
    assertEquals(problem, "its folder has more than 10000 entries");
  },
);
