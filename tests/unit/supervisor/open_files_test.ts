import { assert, assertEquals, assertStringIncludes } from "@std/assert";
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
const MIXED = "[mappings]\n2000 = 127.0.0.1:1\n2001 = 127.0.0.1:1\n" +
  "[options 2001]\nmax_connections = 100\n";
const STREAMS = (): boolean => false;
const NATIVE = (): boolean => true;

Deno.test("warnAboutOpenFiles() says nothing where there is room, or nothing is known", () => {
  const limited = settingsOf(LIMITED);
  // 2 for each session, 100 in reserve, 2 listening sockets, 1 check.
  assertEquals(warnAboutOpenFiles(limited, { soft: 2103, hard: 2103 }, STREAMS), undefined);
  // And 256 pipes for each of two workers, of two descriptors each.
  assertEquals(warnAboutOpenFiles(limited, { soft: 3127, hard: 3127 }, NATIVE), undefined);
  assertEquals(
    warnAboutOpenFiles(settingsOf(UNLIMITED), { soft: 4096, hard: 4096 }, NATIVE),
    undefined,
  );
  const unlimited = { soft: Infinity, hard: Infinity };
  assertEquals(warnAboutOpenFiles(limited, unlimited, NATIVE), undefined);
  assertEquals(warnAboutOpenFiles(limited, undefined, NATIVE), undefined);
});

Deno.test("warnAboutOpenFiles() says what max_connections needs", () => {
  const limited = settingsOf(LIMITED);
  assertEquals(
    warnAboutOpenFiles(limited, { soft: 2102, hard: 9000 }, STREAMS),
    "This process may open 2102 files, but 1000 sessions (max_connections) need 2103: " +
      'raise the limit with "ulimit -n 2103" before starting, or with "LimitNOFILE=2103" in a ' +
      "systemd unit, or lower max_connections",
  );
  assert(
    warnAboutOpenFiles(limited, { soft: 1024, hard: 2000 }, STREAMS)
      ?.includes('"ulimit -n 2103" as root'),
  );
});

Deno.test("warnAboutOpenFiles() counts the pipes of the native engine", () => {
  assertEquals(
    warnAboutOpenFiles(settingsOf(LIMITED), { soft: 3126, hard: 9000 }, NATIVE),
    "This process may open 3126 files, but 1000 sessions (max_connections) need 3127 with their " +
      'pipes: raise the limit with "ulimit -n 3127" before starting, or with "LimitNOFILE=3127" ' +
      "in a systemd unit, or lower max_connections",
  );
  // Fewer sessions cannot use more than two pipes each.
  const few = settingsOf(LIMITED.replace("1000", "10"));
  assertEquals(warnAboutOpenFiles(few, { soft: 103 + 10 * 6, hard: 9000 }, NATIVE), undefined);
  assertStringIncludes(
    warnAboutOpenFiles(few, { soft: 103 + 10 * 6 - 1, hard: 9000 }, NATIVE) ?? "",
    "but 10 sessions (max_connections) need 163 with their pipes",
  );
});

Deno.test("warnAboutOpenFiles() names a small limit where nothing bounds the sessions", () => {
  assertEquals(
    warnAboutOpenFiles(settingsOf(UNLIMITED), { soft: 1023, hard: 1048576 }, STREAMS),
    "This process may open 1023 files, enough for about 460 sessions, and listener 2000 has no " +
      'max_connections: raise the limit with "ulimit -n 4096" before starting, or with ' +
      '"LimitNOFILE=4096" in a systemd unit, or set max_connections',
  );
  const rooms = [103 + 6, 103 + 6 * 256, 103 + 6 * 256 + 2 * 100].map((soft) =>
    /about (\d+) sessions?\b/.exec(
      warnAboutOpenFiles(settingsOf(UNLIMITED), { soft, hard: soft }, NATIVE) ?? "",
    )?.[1]
  );
  assertEquals(rooms, ["1", "256", "356"]);
});

Deno.test("warnAboutOpenFiles() sets the sessions apart that max_connections speaks of", () => {
  // 100 in reserve, 2 sockets and 1 check for each listener, 100 sessions.
  const soft = 106 + 200;
  assertStringIncludes(
    warnAboutOpenFiles(settingsOf(MIXED), { soft: soft + 20, hard: 9000 }, STREAMS) ?? "",
    "enough for about 10 sessions besides the 100, and listener 2000 has no max_connections",
  );
  assertStringIncludes(
    warnAboutOpenFiles(settingsOf(MIXED), { soft: soft + 1, hard: 9000 }, STREAMS) ?? "",
    "may open 307 files, not enough for even one more session, and listener 2000 has no " +
      "max_connections",
  );
  assertStringIncludes(
    warnAboutOpenFiles(settingsOf(MIXED), { soft: soft - 1, hard: 9000 }, STREAMS) ?? "",
    "but 100 sessions (max_connections) need 306: ",
  );
});

Deno.test("warnAboutOpenFiles() speaks of no sessions where Weir itself has too few files", () => {
  assertEquals(
    warnAboutOpenFiles(settingsOf(UNLIMITED), { soft: 102, hard: 102 }, NATIVE),
    "This process may open 102 files, and Weir itself needs 103, before the first session: " +
      'raise the limit with "ulimit -n 4096" as root before starting, or with ' +
      '"LimitNOFILE=4096" in a systemd unit',
  );
});

Deno.test("filesLeft() takes off what workers, checks and sessions need", () => {
  const streams = LIMITED.replace("[options]", "[options]\nengine = streams");
  assertEquals(filesLeft(settingsOf(streams), { soft: 2503, hard: 9000 }), 400);
  assertEquals(filesLeft(settingsOf(LIMITED), { soft: 3527, hard: 9000 }), 400);
  assertEquals(filesLeft(settingsOf(UNLIMITED), { soft: 300, hard: 300 }), 197);
  assertEquals(filesLeft(settingsOf(LIMITED), { soft: 300, hard: 300 }), 0);
  assertEquals(filesLeft(settingsOf(LIMITED), { soft: Infinity, hard: Infinity }), Infinity);
});

Deno.test("readOpenFilesLimit() takes the C library's word where there is a binding", () => {
  const limit = { soft: 7, hard: 8 };
  assertEquals(readOpenFilesLimit(() => limit), limit);
});

/** What a process with a limit of 600 open files reads with these permissions. */
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
