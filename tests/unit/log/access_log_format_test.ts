import { assertEquals, assertThrows } from "@std/assert";
import {
  ACCESS_LOG_FIELDS,
  compileTemplate,
  formatJson,
  formatText,
} from "../../../lib/log/access_log_format.ts";
import type { SessionRecord } from "../../../lib/log/session_record.ts";

const RECORD: SessionRecord = {
  startedAtMs: Date.UTC(2026, 10, 22, 7, 8, 39, 123),
  client: "192.0.2.1:55555",
  listener: "24003",
  pool: "24003",
  backend: "127.0.0.1:8080",
  bytesIn: 212,
  bytesOut: 9034,
  durationMs: 5006.7,
  connectTimeMs: 0.9,
  retries: 0,
  tried: [],
  reason: { by: "done", phase: "end" },
};

const UNSERVED: SessionRecord = {
  ...RECORD,
  client: "[2001:db8::1]:55555",
  backend: "",
  bytesIn: 0,
  bytesOut: 0,
  durationMs: 12,
  connectTimeMs: -1,
  retries: 3,
  reason: { by: "no_backend", phase: "acquire" },
};

Deno.test("formatText() writes the documented line", () => {
  assertEquals(
    formatText(RECORD),
    "192.0.2.1:55555 [2026-11-22T07:08:39.123Z] 24003 24003/127.0.0.1:8080 1/5007 212/9034 0 <none> -- both sides finished",
  );
  assertEquals(
    formatText(UNSERVED),
    "[2001:db8::1]:55555 [2026-11-22T07:08:39.123Z] 24003 24003/<none> -1/12 0/0 3 <none> SQ no backend available while choosing a backend",
  );
  const left: SessionRecord = {
    ...UNSERVED,
    client: "",
    retries: 0,
    reason: { by: "client", phase: "accept" },
  };
  assertEquals(
    formatText(left),
    "<none> [2026-11-22T07:08:39.123Z] 24003 24003/<none> -1/12 0/0 0 <none> CR client disconnected while accepting",
  );
});

Deno.test("formatJson() writes every field of the table, in its order", () => {
  const value = JSON.parse(formatJson(RECORD));
  assertEquals(Object.keys(value), ACCESS_LOG_FIELDS.map((field) => field.name));
  assertEquals(value, {
    type: "session",
    time: "2026-11-22T07:08:39.123Z",
    client: "192.0.2.1:55555",
    listener: "24003",
    pool: "24003",
    backend: "127.0.0.1:8080",
    connect_ms: 1,
    duration_ms: 5007,
    bytes_in: 212,
    bytes_out: 9034,
    retries: 0,
    tried: [],
    close_code: "--",
    ended_by: "done",
    phase: "end",
    reason: "both sides finished",
  });
  assertEquals(JSON.parse(formatJson(UNSERVED)).backend, null);
});

Deno.test("every format has the backends that were tried, if an attempt failed", () => {
  const record: SessionRecord = {
    ...RECORD,
    pool: "app",
    backend: "c",
    retries: 2,
    tried: [
      { backend: "a b", outcome: "connect_failed" },
      { backend: "b", outcome: "connect_timeout" },
      { backend: "c", outcome: "connected" },
    ],
  };
  const text = "a\\x20b=connect_failed,b=connect_timeout,c=connected";
  assertEquals(compileTemplate("%pool %retries %tried")(record), `app 2 ${text}`);
  assertEquals(formatText(record).split(" ").slice(3, 8), [
    "app/c",
    "1/5007",
    "212/9034",
    "2",
    text,
  ]);
  assertEquals(JSON.parse(formatJson(record)).tried, record.tried);
  assertEquals(compileTemplate("%tried")(RECORD), "<none>");
});

Deno.test("formatText() and formatJson() stay on one line whatever a name contains", () => {
  const record = { ...RECORD, backend: "a b\nforged\x1b[2J" };
  assertEquals(formatText(record).split(" ")[3], "24003/a\\x20b\\nforged\\x1b[2J");
  assertEquals(/\p{Cc}/u.test(formatJson(record)), false);
  assertEquals(JSON.parse(formatJson(record)).backend, record.backend);
});

Deno.test("compileTemplate() fills in fields and keeps the rest", () => {
  assertEquals(
    compileTemplate("%client>%backend 100%% %bytes_in%bytes_out; %close_code")(RECORD),
    "192.0.2.1:55555>127.0.0.1:8080 100% 2129034; --",
  );
  assertEquals(compileTemplate("%%client")(RECORD), "%client");
  assertEquals(compileTemplate("nothing")(RECORD), "nothing");
  assertEquals(compileTemplate("")(RECORD), "");
});

Deno.test("compileTemplate() refuses fields that do not exist", () => {
  for (const template of ["%clint", "100%", "% client"]) {
    assertThrows(
      () => compileTemplate(template),
      SyntaxError,
      "the fields are %type, %time, %client",
    );
  }
});
