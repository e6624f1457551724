import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Environment,
  loadSettings,
  MOST_BACKENDS,
  MOST_LISTENERS,
  parseSettings,
} from "../../../lib/config/load_settings.ts";
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

Deno.test("parseSettings() prefers [options KEY] to [options], wherever it stands", () => {
  const { listeners } = valid(
    "[options 1025]\nretries = 1\n[mappings]\n1025 = a:1\n1026 = a:1\n[options]\nretries = 2",
  );
  assertEquals(listeners.map(({ retries }) => retries), [1, 2]);
});

Deno.test("parseSettings() gives settings that are deeply frozen and can be cloned", () => {
  const settings = valid("[mappings]\n24003 = 127.0.0.1:1");
  assertEquals(structuredClone(settings), settings);
  const [listener] = settings.listeners;
  assertThrows(() => Object.assign(listener?.backends[0] ?? {}, { weight: 5 }), TypeError);
  assertThrows(() => Object.assign(listener?.address ?? {}, { port: 5 }), TypeError);
  assertThrows(() => (settings.listeners as unknown[]).push(1), TypeError);
});

Deno.test("parseSettings() warns of a privileged port only without the right to bind it", () => {
  const text = "[mappings]\n1023 = a:1\n1024 = a:1";
  assertEquals(problems(text, { cores: 1, privileged: true }), []);
  assertEquals(problems(text), [
    "2:1 port 1023 may be refused: ports below 1024 need a right that this process does not " +
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
  assertEquals(problems(mappings(2)), ["3:1 there are more than 8192 backends in all"]);
});

Deno.test("parseSettings() gives a backend that is a name no candidates", () => {
  const [listener] = valid("[mappings]\n1025 = localhost:1, 127.0.0.1:1, [::1]:1").listeners;
  assertEquals(listener?.backends.map(({ candidates }) => candidates), [[], ["127.0.0.1"], [
    "::1",
  ]]);
  assertEquals(listener?.backends.map(({ name }) => name), [
    "localhost:1",
    "127.0.0.1:1",
    "[::1]:1",
  ]);
});

permittedTest(["read", "write"], "loadSettings() reads a file", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "\uFEFF[mappings]\r\n24003 = 127.0.0.1:1");
    const { settings, diagnostics } = await loadSettings(file, ENVIRONMENT);
    assertEquals(diagnostics, []);
    assertEquals([settings?.file, settings?.listeners.length], [file, 1]);

    await Deno.writeFile(file, new Uint8Array([0x5b, 0xff, 0xfe]));
    assertEquals(await wholeFileProblem(file), "cannot read the file: it is not UTF-8 text");
  } finally {
    await Deno.remove(file);
  }
});

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
