import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Environment } from "../../../lib/config/environment.ts";
import { MOST_BACKENDS, MOST_LISTENERS } from "../../../lib/config/key.ts";
import { loadSettings, parseSettings } from "../../../lib/config/load_settings.ts";
import type { Settings } from "../../../lib/config/settings.ts";
import { permittedTest } from "../../support/permitted.ts";

const ENVIRONMENT: Environment = { cores: 2, privileged: false };

function valid(text: string, environment = ENVIRONMENT): Settings {
  const { settings, diagnostics } = parseSettings(text, "a.cfg", environment);
  assertEquals(diagnostics, []);
  assert(settings !== undefined);
  return settings;
}

function problems(text: string, environment = ENVIRONMENT): string[] {
  return parseSettings(text, "a.cfg", environment).diagnostics
    .map(({ line, column, message }) => `${line}:${column} ${message}`);
}

Deno.test("parseSettings() takes the cores for workers = auto, 1 to 64 of them", () => {
  const text = "[options]\nworkers = auto\n[mappings]\n24003 = 127.0.0.1:1";
  for (const [cores, workers] of [[0, 1], [8, 8], [128, 64]] as const) {
    assertEquals(valid(text, { cores, privileged: false }).workers, workers);
  }
});

Deno.test("parseSettings() prefers [options KEY] to [options], wherever it is", () => {
  const { pools } = valid(
    "[options 1025]\nretries = 1\n[mappings]\n1025 = a:1\n1026 = a:1\n[options]\nretries = 2",
  );
  assertEquals(pools.map(({ retries }) => retries), [1, 2]);
});

Deno.test("parseSettings() returns settings that are deeply frozen and can be cloned", () => {
  const settings = valid("[mappings]\n24003 = 127.0.0.1:1");
  assertEquals(structuredClone(settings), settings);
  const { listeners: [listener], pools: [pool] } = settings;
  assert(listener !== undefined && pool !== undefined);
  assertThrows(() => Object.assign(pool.backends[0] ?? {}, { weight: 5 }), TypeError);
  assertThrows(() => Object.assign(listener.addresses[0] ?? {}, { port: 5 }), TypeError);
  assertThrows(() => (settings.listeners as unknown[]).push(1), TypeError);
  assertThrows(() => (settings.pools as unknown[]).push(1), TypeError);
});

Deno.test("parseSettings() warns of a privileged port only without the right to bind it", () => {
  const text = "[mappings]\n1023 = a:1\n1024 = a:1";
  assertEquals(problems(text, { cores: 1, privileged: true }), []);
  assertEquals(problems(text), [
    "2:1 port 1023 may be refused: ports below 1024 need a privilege that this process does not " +
    "seem to have",
  ]);
});

Deno.test("parseSettings() lists problems in the order of their places", () => {
  const places = problems("[options]\nretries = x\n[mappings]\n1 = a, b\n[options 7]\nx = 1")
    .map((problem) => problem.split(" ")[0]);
  assertEquals(places, ["2:11", "4:1", "4:5", "4:8", "5:10", "6:1"]);
});

Deno.test("parseSettings() limits the number of listeners", () => {
  const mappings = (count: number) =>
    `[mappings]\n${Array.from({ length: count }, (_, i) => `${2000 + i} = a:1`).join("\n")}`;
  assertEquals(valid(mappings(MOST_LISTENERS)).listeners.length, MOST_LISTENERS);
  assertEquals(problems(mappings(MOST_LISTENERS + 1)), [
    `${MOST_LISTENERS + 2}:1 there are more than 1024 listeners`,
  ]);
});

Deno.test("parseSettings() limits the number of backends over all listeners", () => {
  const backends = (count: number) =>
    Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}:1`).join(", ");
  const mappings = (last: number) =>
    `[mappings]\n2000 = ${backends(MOST_BACKENDS - 1)}\n2001 = ${backends(last)}`;
  assertEquals(problems(mappings(1)), []);
  assertEquals(problems(mappings(2)), ["3:1 there are more than 8192 backends in total"]);
});

const unknownKeys = (count: number) =>
  `[options]\n${Array.from({ length: count }, (_, index) => `key_${index} = 1`).join("\n")}`;
const MAPPING = "\n[mappings]\n24003 = 127.0.0.1:1";

Deno.test("parseSettings() lists a hundred errors, and says how many more there are", () => {
  assertEquals(problems(unknownKeys(100) + MAPPING).length, 100);
  assertEquals(problems(unknownKeys(101) + MAPPING).at(-1), "0:0 1 more error is not shown");
  const found = problems(unknownKeys(5000) + MAPPING);
  assertEquals(found.length, 101);
  assertEquals(found.at(-1), "0:0 4900 more errors are not shown");
  assert(found[99]?.startsWith('101:1 unknown key "key_99" in [options]'), found[99]);
});

Deno.test("parseSettings() stops reading after ten thousand errors, and says so", () => {
  const found = problems(unknownKeys(10_500) + MAPPING);
  assertEquals(
    found.at(-1),
    "0:0 9900 more errors are not shown, and the rest of the file was not read",
  );
});

Deno.test("parseSettings() stops reading after a hundred thousand sections and keys", () => {
  const found = problems(`${MAPPING}\n${unknownKeys(100_500)}`);
  const surplus = "there are more than 100000 sections and keys: the rest was not read";
  assert(found.includes(`100003:1 ${surplus}`), found.join("\n"));
});

Deno.test("parseSettings() stops reading a mapping at the last backend that there may be", () => {
  const backends = Array.from(
    { length: MOST_BACKENDS + 5 },
    (_, i) => `10.1.${i >> 8}.${i & 255}:1`,
  );
  assertEquals(problems(`[mappings]\n2000 = ${backends.join(", ")}, wrong\n2001 = wrong`), [
    "2:1 there are more than 8192 backends in total",
  ]);
});

Deno.test("parseSettings() takes a file with more than a hundred warnings", () => {
  const mappings = Array.from(
    { length: 1020 },
    (_, index) =>
      `127.0.${index >> 9}.1:${(index & 511) + 1} = a:1\n[::${index >> 9}]:${
        (index & 511) + 1
      } = a:1`,
  ).slice(0, 510);
  const text = `[mappings]\n${mappings.join("\n")}`;
  const { settings, diagnostics } = parseSettings(text, "a.cfg", ENVIRONMENT);
  assertEquals([settings?.listeners.length, diagnostics.length], [1020, 101]);
  assertEquals(diagnostics.at(-1)?.message, "920 more warnings are not shown");
});

Deno.test("parseSettings() shows the part of a long line that is wrong", () => {
  const text = `[mappings]\n24003 = a:1,${" ".repeat(5000)}wrong,${" ".repeat(5000)}b:2`;
  const [diagnostic] = parseSettings(text, "a.cfg", ENVIRONMENT).diagnostics;
  assert(diagnostic !== undefined);
  const { column, lineStart, lineText } = diagnostic;
  assertEquals(column, 5013);
  assertEquals([lineText.length, lineText.at(0), lineText.at(-1)], [800, "…", "…"]);
  assertEquals(lineText.slice(column - lineStart).startsWith("wrong,"), true);
});

Deno.test("parseSettings() refuses a line of more than a million characters", () => {
  const text = `[mappings]\n24003 = a:1 ;${" ".repeat(1_000_000)}\n24004 = b:1`;
  assertEquals(problems(text), ["2:1 this line has more than 1000000 characters"]);
});

Deno.test("parseSettings() reads lines of nearly a megabyte", () => {
  const long = 330_000;
  const [gap, digits, commas] = [" ".repeat(long), "1".repeat(long), ",".repeat(long)];
  assertEquals(problems(`[mappings]\n24003 = a:1,${gap}b:2${gap};${gap}`), []);
  for (
    const text of [
      `[mappings]\n24003 = a:1 ${gap}x${gap}= 3`,
      `[mappings]\n24003 = a:1\n[options ${digits}x]`,
      `[mappings]\n24003 = a:${digits}, [${digits}]:1, ${digits}`,
      `[mappings]\n${digits}x = a:1`,
      `[mappings]\n24003 = ${commas}`,
      `[mappings]\n24003 = "${gap}${digits}`,
      `[mappings]\n24003 = ${'"'.repeat(long)} x=${'"='.repeat(long)}`,
      `[options]\nbuffer_size = ${digits}\nadmin = [${digits}]:1\n[mappings]\n24003 = a:1`,
    ]
  ) {
    const { diagnostics, settings } = parseSettings(text, "a.cfg", ENVIRONMENT);
    assertEquals(settings, undefined);
    for (const { message } of diagnostics) assert(message.length < 500, message);
  }
});

Deno.test("parseSettings() gives a backend that is a name no candidates", () => {
  const [pool] = valid("[mappings]\n1025 = localhost:1, 127.0.0.1:1, [::1]:1").pools;
  assertEquals(pool?.backends.map(({ candidates }) => candidates), [[], ["127.0.0.1"], [
    "::1",
  ]]);
  assertEquals(pool?.backends.map(({ name }) => name), [
    "localhost:1",
    "127.0.0.1:1",
    "[::1]:1",
  ]);
});

Deno.test("parseSettings() identifies a backend by its address in canonical form", () => {
  const [pool] = valid(
    "[mappings]\n1025 = a@[0::1]:080, [::ffff:10.0.0.1]:1, App.test:2, b@srv+_x._tcp.Test\n",
  ).pools;
  assertEquals(pool?.backends.map(({ id, name }) => `${id} ${name}`), [
    "[::1]:80 a",
    "10.0.0.1:1 [::ffff:10.0.0.1]:1",
    "App.test:2 App.test:2",
    "srv+_x._tcp.Test b",
  ]);
});

permittedTest(["read", "write"], "loadSettings() reads a file", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "\uFEFF[mappings]\r\n24003 = 127.0.0.1:1");
    const { settings, diagnostics } = await loadSettings(file, ENVIRONMENT);
    assertEquals(diagnostics, []);
    assertEquals([settings?.file, settings?.listeners.length], [file, 1]);
  } finally {
    await Deno.remove(file);
  }
});

permittedTest(["read", "write"], "loadSettings() says where a file is not UTF-8", async () => {
  const file = await Deno.makeTempFile();
  try {
    const latin1 =
      "[mappings]\r\n24003 = 127.0.0.1:1 ; f\xfcr\r24004 = b\xe4d\n24005 = a:1\n; \xff";
    await Deno.writeFile(file, Uint8Array.from(latin1, (character) => character.charCodeAt(0)));
    const { settings, diagnostics } = await loadSettings(file, ENVIRONMENT);
    assertEquals(settings, undefined);
    assertEquals(diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`), [
      "2:24 this is not UTF-8: save the file as UTF-8",
      '3:9 backend "b\uFFFDd" has no port: expected host:port[:weight]',
      "3:10 this is not UTF-8: save the file as UTF-8",
      "5:3 this is not UTF-8: save the file as UTF-8",
    ]);
    assertEquals(diagnostics[0]?.lineText, "24003 = 127.0.0.1:1 ; f\uFFFDr");
    const secret = "[mappings]\n24003 = a:1\n; health_send = geh\xfcim hunter2\n";
    await Deno.writeFile(file, Uint8Array.from(secret, (character) => character.charCodeAt(0)));
    const [wrong] = (await loadSettings(file, ENVIRONMENT)).diagnostics;
    assertEquals(wrong?.lineText, "; health_send = (secret)");
  } finally {
    await Deno.remove(file);
  }
});

permittedTest(["read", "write"], "loadSettings() refuses what is no text", async () => {
  const file = await Deno.makeTempFile();
  const problemOf = async (bytes: readonly number[]) => {
    await Deno.writeFile(file, Uint8Array.from(bytes));
    return await wholeFileProblem(file);
  };
  try {
    const utf16 = "cannot read the file: it is UTF-16 text: save it as UTF-8";
    assertEquals(await problemOf([0xff, 0xfe, 0x5b, 0]), utf16);
    assertEquals(await problemOf([0xfe, 0xff, 0, 0x5b]), utf16);
    assertEquals(await problemOf([0x7f, 0x45, 0, 0xff]), "cannot read the file: it is not text");
    await Deno.truncate(file, 8 * 1024 ** 2 + 1);
    assertEquals(await wholeFileProblem(file), "cannot read the file: it is larger than 8m");
  } finally {
    await Deno.remove(file);
  }
});

async function readNamedPipe(): Promise<void> {
  const folder = await Deno.makeTempDir();
  const pipe = `${folder}/pipe`;
  try {
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    const loading = loadSettings(pipe, ENVIRONMENT);
    // This thread goes on meanwhile, or nobody would ever write into the pipe.
    await Deno.writeTextFile(pipe, "[mappings]\n24003 = 127.0.0.1:1");
    assertEquals((await loading).settings?.listeners.length, 1);
    assertEquals(await wholeFileProblem("/dev/null"), "cannot read the file: it is a device");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (Deno.build.os !== "windows") {
  const name = "loadSettings() waits for a named pipe without holding up its thread";
  permittedTest(["read", "write", "run"], name, readNamedPipe);
}

permittedTest(["read"], "loadSettings() reports a file that is missing, or a folder", async () => {
  const missing = `${import.meta.dirname}/missing.cfg`;
  assertEquals(await wholeFileProblem(missing), "cannot read the file: it does not exist");
  const folder = import.meta.dirname as string;
  assertEquals(await wholeFileProblem(folder), "cannot read the file: it is a directory");
});

Deno.test({
  name: "loadSettings() says which permission is missing",
  permissions: { read: false },
  fn: async () => {
    assertEquals(
      await wholeFileProblem("setup.cfg"),
      "cannot read the file: the permission is missing; add --allow-read=setup.cfg",
    );
  },
});

async function wholeFileProblem(file: string): Promise<string | undefined> {
  const { settings, diagnostics } = await loadSettings(file, ENVIRONMENT);
  assertEquals([settings, diagnostics.length, diagnostics[0]?.line], [undefined, 1, 0]);
  return diagnostics[0]?.message;
}
