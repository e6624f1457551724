import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  configureForwarding,
  configureLogging,
  loggerFor,
  resetLogging,
  setLogLevel,
  writeForwarded,
} from "../../../lib/log/logging.ts";
import type { LogLine } from "../../../lib/log/log_line.ts";
import type { LogFormatName, LogLevelName } from "../../../lib/config/settings.ts";
import { permittedTest } from "../../support/permitted.ts";

/** Runs `body` with logging set up, and returns the lines that it wrote. */
function logged(level: LogLevelName, format: LogFormatName, body: () => void): string[] {
  const lines: string[] = [];
  configureLogging({ level, format, write: (line) => lines.push(line) });
  try {
    body();
  } finally {
    resetLogging();
  }
  return lines;
}

function forwarded(level: LogLevelName, body: () => void): LogLine[] {
  const lines: LogLine[] = [];
  configureForwarding({ level, post: (line) => lines.push(structuredClone(line)) });
  try {
    body();
  } finally {
    resetLogging();
  }
  return lines;
}

Deno.test("configureLogging() writes time, level, category and message as text", () => {
  const lines = logged("debug", "text", () => {
    loggerFor("supervisor").info("listening on {address}", { address: "0.0.0.0:24003" });
    loggerFor("engine.streams").warn("accepting pauses");
    loggerFor("engine.streams").error("boom");
    loggerFor("engine.streams").debug("detail");
  });
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;
  for (const line of lines) assertMatch(line, time);
  assertEquals(lines.map((line) => line.replace(time, "")), [
    "info  supervisor: listening on 0.0.0.0:24003\n",
    "warn  engine.streams: accepting pauses\n",
    "error engine.streams: boom\n",
    "debug engine.streams: detail\n",
  ]);
});

Deno.test("configureLogging() writes one JSON object a line", () => {
  const before = Date.now();
  const [line = ""] = logged("info", "json", () => {
    loggerFor("supervisor").warn("worker {worker} stopped: {error}", {
      worker: 2,
      error: new RangeError("out of\nbounds"),
    });
  });
  assert(line.endsWith("}\n"));
  const { time, properties, ...rest } = JSON.parse(line);
  assert(Date.parse(time) >= before && Date.parse(time) <= Date.now());
  assertEquals(rest, {
    level: "warning",
    category: "supervisor",
    message: "worker 2 stopped: out of\nbounds",
  });
  assertEquals(properties.worker, 2);
  assertEquals(properties.error.name, "RangeError");
});

Deno.test("configureLogging() escapes what values bring along, in both formats", () => {
  const evil = "x\n2026-01-01T00:00:00.000Z info  supervisor: forged\x1b[2J\u202e";
  const body = (): void => loggerFor("admin").info("got {evil} in {list}", { evil, list: [evil] });
  const [text = ""] = logged("info", "text", body);
  assertStringIncludes(text, "got x\\n2026-01-01T00:00:00.000Z info  supervisor: forged\\x1b[2J");
  assertEquals(text.indexOf("\n"), text.length - 1);
  assertEquals(/[\p{Cc}\u202e]/u.test(text.trimEnd()), false);

  const [json = ""] = logged("info", "json", body);
  assertEquals(json.indexOf("\n"), json.length - 1);
  assertEquals(/[\p{Cc}\u202e]/u.test(json.trimEnd()), false);
  assertEquals(JSON.parse(json).properties.evil, evil);
});

Deno.test("configureLogging() colours the level and nothing else, where asked to", () => {
  const lines: string[] = [];
  configureLogging({
    level: "info",
    format: "text",
    write: (line) => lines.push(line),
    colour: true,
  });
  loggerFor("supervisor").error("boom");
  resetLogging();
  assert(lines[0]?.endsWith("Z \x1b[31merror\x1b[0m supervisor: boom\n"), lines[0]);
});

Deno.test("setLogLevel() applies at once, to loggers that were handed out before too", () => {
  const lines = logged("warning", "text", () => {
    const logger = loggerFor("supervisor");
    logger.info("one");
    setLogLevel("debug");
    logger.debug("two");
    setLogLevel("error");
    logger.warn("three");
    logger.error("four");
  });
  assertEquals(lines.map((line) => line.trim().split(" ").at(-1)), ["two", "four"]);
});

Deno.test("configureLogging() a second time replaces format and destination", () => {
  const first: string[] = [];
  const second: string[] = [];
  const logger = loggerFor("supervisor");
  configureLogging({ level: "info", format: "text", write: (line) => first.push(line) });
  logger.info("one");
  configureLogging({ level: "info", format: "json", write: (line) => second.push(line) });
  logger.info("two");
  resetLogging();
  logger.info("three");
  assertEquals(first.length, 1);
  assertEquals(second.map((line) => JSON.parse(line).message), ["two"]);
});

Deno.test("configureForwarding() posts lines that survive a structured clone", () => {
  const round: Record<string, unknown> = { name: "round" };
  round.self = round;
  const unreadable = {
    get secret(): string {
      throw new Error("no");
    },
  };
  const [line] = forwarded("info", () => {
    loggerFor("engine.streams").info("{text} {big} {nothing} {fn}", {
      text: "a",
      big: 12n,
      nothing: undefined,
      fn: () => 1,
      symbol: Symbol("s"),
      error: new Error("why"),
      set: new Set([1]),
      map: new Map([["k", new URL("http://x/")]]),
      bytes: new Uint8Array(3),
      round,
      unreadable,
    });
    loggerFor("engine.streams").debug("too quiet");
  });
  assertEquals(line?.level, "info");
  assertEquals(line?.category, "engine.streams");
  assertStringIncludes(line?.message ?? "", "a 12 undefined ");
  const { error, set, map, bytes, unreadable: none, symbol } = line?.properties ?? {};
  assertEquals((error as Error).message, "why");
  assertEquals([set, map, bytes, none, symbol], [
    [1],
    { k: "http://x/" },
    "[3 bytes]",
    "[unreadable]",
    "Symbol(s)",
  ]);
});

Deno.test("writeForwarded() writes a worker's line in the main thread's format and with its own time", () => {
  const line: LogLine = {
    timeMs: Date.UTC(2026, 10, 22, 7, 8, 39, 123),
    level: "info",
    category: "engine.streams",
    message: "accepting again\n",
    properties: {},
  };
  const lines = logged("info", "text", () => {
    writeForwarded(line);
    writeForwarded({ ...line, level: "debug" });
  });
  assertEquals(lines, [
    "2026-11-22T07:08:39.123Z info  engine.streams: accepting again\\n\n",
  ]);
});

permittedTest(
  ["run", "read"],
  "configureLogging() writes whole lines to standard error before the process ends",
  async () => {
    const logging = new URL("../../../lib/log/logging.ts", import.meta.url);
    const script = `
      import { configureLogging, loggerFor } from "${logging}";
      configureLogging({ level: "info", format: "text" });
      for (let i = 0; i < 500; i++) loggerFor("supervisor").info("line {i} " + "x".repeat(500), { i });
      Deno.exit(3);`;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", script],
      cwd: new URL("../../..", import.meta.url),
      env: { NO_COLOR: "1" },
    }).output();
    const lines = new TextDecoder().decode(stderr).trimEnd().split("\n");
    assertEquals(code, 3);
    assertEquals(stdout.length, 0);
    assertEquals(lines.length, 500);
    lines.forEach((line, i) => {
      assertMatch(line, new RegExp(`^\\S+Z info  supervisor: line ${i} x{500}$`));
    });
  },
);
