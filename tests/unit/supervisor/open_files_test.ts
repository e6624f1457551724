import { assert, assertEquals } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { Settings } from "../../../lib/config/settings.ts";
import {
  filesLeft,
  readOpenFilesLimit,
  warnAboutOpenFiles,
} from "../../../lib/supervisor/open_files.ts";
import { permittedTest } from "../../support/permitted.ts";

function settingsOf(text: string): Settings {
  const { settings } = parseSettings(text, "test.cfg", { cores: 2, privileged: true });
  assert(settings !== undefined);
  return settings;
}

const LIMITED = "[options]\nmax_connections = 1000\n[mappings]\n2000 = 127.0.0.1:1\n";
const UNLIMITED = "[mappings]\n2000 = 127.0.0.1:1\n";

Deno.test("warnAboutOpenFiles() says nothing where there is room, or nothing is known", () => {
  // 2 for each session, 100 in reserve, 2 listening sockets, 1 check.
  assertEquals(warnAboutOpenFiles(settingsOf(LIMITED), { soft: 2103, hard: 2103 }), undefined);
  assertEquals(warnAboutOpenFiles(settingsOf(UNLIMITED), { soft: 4096, hard: 4096 }), undefined);
  const unlimited = { soft: Infinity, hard: Infinity };
  assertEquals(warnAboutOpenFiles(settingsOf(LIMITED), unlimited), undefined);
  assertEquals(warnAboutOpenFiles(settingsOf(LIMITED), undefined), undefined);
});

Deno.test("warnAboutOpenFiles() says what max_connections needs", () => {
  assertEquals(
    warnAboutOpenFiles(settingsOf(LIMITED), { soft: 2102, hard: 9000 }),
    "This process may open 2102 files, but 1000 sessions (max_connections) need 2103: " +
      'raise the limit with "ulimit -n 2103" before the start, or with "LimitNOFILE=2103" in a ' +
      "systemd unit, or lower max_connections",
  );
  assert(
    warnAboutOpenFiles(settingsOf(LIMITED), { soft: 1024, hard: 2000 })
      ?.includes('"ulimit -n 2103" as root'),
  );
});

Deno.test("warnAboutOpenFiles() names a small limit where nothing bounds the sessions", () => {
  assertEquals(
    warnAboutOpenFiles(settingsOf(UNLIMITED), { soft: 1023, hard: 1048576 }),
    "This process may open 1023 files, enough for about 460 sessions, and listener 2000 has no " +
      'max_connections: raise the limit with "ulimit -n 4096" before the start, or with ' +
      '"LimitNOFILE=4096" in a systemd unit, or set max_connections',
  );
});

Deno.test("filesLeft() takes off what workers, checks and sessions need", () => {
  assertEquals(filesLeft(settingsOf(LIMITED), { soft: 2503, hard: 9000 }), 400);
  assertEquals(filesLeft(settingsOf(UNLIMITED), { soft: 300, hard: 300 }), 197);
  assertEquals(filesLeft(settingsOf(LIMITED), { soft: 300, hard: 300 }), 0);
  assertEquals(filesLeft(settingsOf(LIMITED), { soft: Infinity, hard: Infinity }), Infinity);
});

Deno.test("readOpenFilesLimit() takes the C library's word where there is a binding", () => {
  const limit = { soft: 7, hard: 8 };
  assertEquals(readOpenFilesLimit(() => limit), limit);
});

/** What a process with a limit of 600 open files reads, given these permissions. */
async function readInChild(...permissions: string[]): Promise<unknown> {
  const module = new URL("../../../lib/supervisor/open_files.ts", import.meta.url);
  const folder = await Deno.makeTempDir();
  try {
    const script = `${folder}/read.ts`;
    await Deno.writeTextFile(
      script,
      `import { readOpenFilesLimit } from "${module}";
      console.log(JSON.stringify(readOpenFilesLimit() ?? null));`,
    );
    const run = [Deno.execPath(), "run", "--no-check", "--no-prompt", ...permissions, script];
    const { stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", 'ulimit -n 600 && exec "$@"', "sh", ...run],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert(text !== "", new TextDecoder().decode(stderr));
    return JSON.parse(text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (Deno.build.os === "linux") {
  permittedTest(["run", "read", "write"], "readOpenFilesLimit() reads it by itself", async () => {
    assertEquals(await readInChild("--allow-all"), { soft: 600, hard: 600 });
    assertEquals(await readInChild("--allow-run=/bin/sh"), { soft: 600, hard: 600 });
    assertEquals(await readInChild("--allow-net", "--allow-read", "--allow-write"), null);
  });
}
