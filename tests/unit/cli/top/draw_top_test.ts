import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { drawTop } from "../../../../lib/cli/top/draw_top.ts";
import { renderLine } from "../../../../lib/cli/top/line.ts";
import { TopModel } from "../../../../lib/cli/top/top_model.ts";
import { sampleBackend, sampleMapping, sampleStatus } from "../../../support/sample_status.ts";

function model(backendCount = 3): TopModel {
  const made = new TopModel();
  const backends = Array.from(
    { length: backendCount },
    (_, index) => sampleBackend(`10.0.0.${index}:80`),
  );
  made.update(sampleStatus([sampleMapping(backends)]));
  return made;
}

function draw(model: TopModel, columns: number, rows: number): string[] {
  return drawTop(model, { columns, rows }).map((line) => renderLine(line, columns, false))
    // deno-lint-ignore no-control-regex
    .map((line) => line.replaceAll(/\x1b\[[0-9;]*m/g, ""));
}

Deno.test("drawTop() fills the screen exactly, whatever its size", () => {
  const top = model(40);
  top.addEvent({ id: 1, atMs: 1, kind: "reload", text: "Reloaded (SIGHUP): 2 changes" });
  for (const [columns, rows] of [[140, 40], [80, 24], [60, 12], [20, 5], [5, 1]] as const) {
    const lines = draw(top, columns, rows);
    assertEquals(lines.length, rows);
    assert(lines.every((line) => [...line].length <= columns), `${columns} columns`);
  }
});

Deno.test("drawTop() shows the verdict first and the keys last", () => {
  const lines = draw(model(), 140, 24);
  assertStringIncludes(lines[0] ?? "", "Weir ● All good");
  assertStringIncludes(lines.at(-1) ?? "", "q quit");
});

Deno.test("drawTop() shows what has happened last where there is room", () => {
  const top = model();
  top.addEvent({ id: 1, atMs: 1, kind: "health", text: "Backend a is down" });
  assertStringIncludes(draw(top, 100, 24).join("\n"), "Backend a is down");
  assert(!draw(top, 100, 15).join("\n").includes("Backend a is down"));
});

Deno.test("drawTop() gives up the lesser columns first", () => {
  const title = (columns: number): string =>
    draw(model(), columns, 24).find((line) => line.startsWith("BACKEND")) ?? "";
  assertStringIncludes(title(140), "LAST CHANGE");
  assert(!title(80).includes("LAST CHANGE"));
  for (const name of ["BACKEND", "STATE", "ACTIVE"]) assertStringIncludes(title(60), name);
});

Deno.test("drawTop() tells the pools of a backend apart, where there are several", () => {
  const top = new TopModel();
  const mappings = ["127.0.0.1:24003", "127.0.0.1:24004"].map((key) =>
    sampleMapping([sampleBackend("10.0.0.1:80", { id: `${key}/10.0.0.1:80` })], { key })
  );
  top.update(sampleStatus(mappings));
  const lines = draw(top, 80, 24);
  assertStringIncludes(lines.join("\n"), "POOL");
  const rows = lines.filter((line) => line.startsWith("10.0.0.1:80 "));
  assertEquals(rows.map((row) => /24003|24004/.exec(row)?.[0]), ["24003", "24004"]);
  assert(!draw(model(), 200, 24).join("\n").includes("POOL"));
  // Where there is no room for it, a narrower column takes its place.
  assertStringIncludes(draw(top, 40, 24).join("\n"), "ACTIVE");
});

Deno.test("drawTop() cuts names in the middle, and only where there is no room", () => {
  const name = "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535";
  const top = new TopModel();
  top.update(sampleStatus([sampleMapping([sampleBackend(name)])]));
  assertStringIncludes(draw(top, 140, 24).join("\n"), `${name} ● Up`);
  assertStringIncludes(draw(top, 80, 24).join("\n"), "[2001:db8:12…5678]:65535 ");
  assertStringIncludes(draw(top, 40, 24).join("\n"), "5678]:65535 ");
});

Deno.test("drawTop() asks so that the answers can be seen, however narrow the screen", () => {
  const top = model(1);
  const name = "payments.eu-central-1.production.internal.example:8443";
  top.update(sampleStatus([sampleMapping([sampleBackend(name)])]));
  top.press({ kind: "character", text: "d" });
  const wide = draw(top, 140, 24);
  assertEquals(wide.at(-1), ` Set 24003/${name} to drain? y/n `);
  assertStringIncludes(wide.at(-2) ?? "", "New clients will be refused");
  assertStringIncludes(draw(top, 40, 10).at(-1) ?? "", ":8443 to drain? y/n ");
});

Deno.test("drawTop() says how to leave on a narrow screen too", () => {
  for (const columns of [40, 80, 200]) {
    assertStringIncludes(draw(model(), columns, 24).at(-1) ?? "", "q quit");
  }
});

Deno.test("drawTop() keeps the selected row on the screen", () => {
  const top = model(200);
  for (let i = 0; i < 150; i++) top.press({ kind: "down" });
  assertStringIncludes(draw(top, 100, 15).join("\n"), "10.0.0.150:80");
});

Deno.test("drawTop() asks before anything is changed, and says when the connection is lost", () => {
  const top = model();
  top.press({ kind: "character", text: "d" });
  assertStringIncludes(draw(top, 100, 15).at(-1) ?? "", "Set 24003/10.0.0.0:80 to drain? y/n");
  top.lost = "cannot reach Weir";
  assertStringIncludes(draw(top, 100, 15)[0] ?? "", "cannot reach Weir");
});

Deno.test("drawTop() says that it waits, and that nothing fits the filter", () => {
  assertStringIncludes(draw(new TopModel(), 80, 24).join("\n"), "Connecting");
  const top = model();
  for (const text of "/none") top.press({ kind: "character", text });
  assertStringIncludes(draw(top, 80, 24).join("\n"), "No backend matches the filter");
});

Deno.test("renderLine() cuts at the width, styles, and keeps control characters in", () => {
  const line = [{ style: "bad", text: "ab\x1b" }, { text: "cdef" }] as const;
  assertEquals(renderLine(line, 5, true), "\x1b[1;31mab\uFFFD\x1b[0mcd");
  assertEquals(renderLine(line, 5, false), "\x1b[1mab\uFFFD\x1b[0mcd");
  assertEquals(renderLine([{ style: "good", text: "ok" }], 5, false), "ok");
});
