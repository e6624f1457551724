import { assert, assertEquals } from "@std/assert";
import type { Key } from "../../../../lib/cli/top/key.ts";
import { type Order, TopModel } from "../../../../lib/cli/top/top_model.ts";
import {
  sampleBackend,
  sampleListener,
  sampleMapping,
  samplePool,
  sampleStatus,
} from "../../../support/sample_status.ts";

const BACKENDS = [
  sampleBackend("b10", { figures: { active: 1 } }),
  sampleBackend("b9", { figures: { active: 5 }, condition: "down" }),
  sampleBackend("c", { figures: { active: 3 }, condition: "drain", mode: "drain" }),
];

function model(): TopModel {
  const made = new TopModel();
  made.update(sampleStatus([sampleMapping(BACKENDS)]));
  return made;
}

function press(model: TopModel, ...keys: (string | Key)[]): Order | undefined {
  let order: Order | undefined;
  for (const key of keys) {
    order = model.press(typeof key === "string" ? { kind: "character", text: key } : key);
  }
  return order;
}

function names(model: TopModel): string[] {
  return model.rows.map(({ backend }) => backend.name);
}

Deno.test("TopModel shows the order of the file, and sorts by one column after the other", () => {
  const top = model();
  assertEquals(names(top), ["b10", "b9", "c"]);
  press(top, "s");
  assertEquals([top.sort, names(top)], ["backend", ["b9", "b10", "c"]]);
  press(top, "s");
  assertEquals([top.sort, names(top)], ["state", ["b9", "c", "b10"]]);
  press(top, "s", "s");
  assertEquals([top.sort, names(top)], ["active", ["b9", "c", "b10"]]);
  press(top, "S");
  assertEquals(names(top), ["b10", "c", "b9"]);
});

Deno.test("TopModel keeps its selection while rows are sorted around it", () => {
  const top = model();
  assertEquals(top.selectedId, "24003/b10");
  press(top, { kind: "down" }, "j");
  assertEquals(top.selectedId, "24003/c");
  press(top, "s", "s", { kind: "up" });
  assertEquals(top.selectedId, "24003/b9");
  press(top, { kind: "end" });
  assertEquals(top.selectedId, "24003/b10");
});

Deno.test("TopModel filters by words, and selects what is left", () => {
  const top = model();
  press(top, "/", "d", "o", "w", "n", "x", { kind: "backspace" });
  assertEquals([top.filter, names(top), top.selectedId], ["down", ["b9"], "24003/b9"]);
  press(top, { kind: "enter" }, "s");
  assertEquals([top.filter, top.sort], ["down", "backend"]);
  press(top, { kind: "escape" });
  assertEquals(names(top).length, 3);
});

Deno.test("TopModel changes a mode only after a yes", () => {
  const top = model();
  assertEquals(press(top, "d"), undefined);
  assert(top.prompt.kind === "confirm");
  assert(top.prompt.warning.startsWith("New clients will be refused"));
  assertEquals(press(top, "n"), undefined);
  assertEquals(top.message, "nothing was changed");
  assertEquals(press(top, "m", "y"), {
    kind: "mode",
    backendId: "24003/b10",
    mode: "maintenance",
  });
});

Deno.test("TopModel does not set what is set already", () => {
  const top = model();
  assertEquals(press(top, { kind: "end" }, "d"), undefined);
  assertEquals([top.prompt.kind, top.message], ["keys", "24003/c is already set to drain"]);
});

Deno.test("TopModel quits by q, and by Ctrl-C wherever it is", () => {
  assertEquals(press(model(), "q"), { kind: "quit" });
  assertEquals(press(model(), "/", { kind: "interrupt" }), { kind: "quit" });
  assertEquals(press(model(), "/", "q"), undefined);
});

Deno.test("TopModel asks nothing where there is no backend", () => {
  const top = new TopModel();
  press(top, "d", { kind: "down" });
  assertEquals([top.prompt.kind, top.selectedId], ["keys", ""]);
});

Deno.test("TopModel asks nothing of a backend that was removed", () => {
  const top = new TopModel();
  const backend = sampleBackend("a", { condition: "leaving", figures: { active: 1 } });
  top.update(sampleStatus([sampleMapping([backend], { leaving: true })]));
  press(top, "d");
  assertEquals([top.prompt.kind, top.message], [
    "keys",
    "24003/a was removed and is finishing its sessions",
  ]);
});

Deno.test("TopModel shows the backends of a pool once, and finds them by each of its listeners", () => {
  const top = new TopModel();
  const pool = samplePool([sampleBackend("blue", { id: "app/blue" })], { name: "app" });
  top.update(sampleStatus([
    sampleMapping([sampleBackend("a")]),
    {
      listeners: ["edge", "web"].map((key) => sampleListener({ key, pool: "app" })),
      pools: [pool],
    },
  ]));
  assertEquals(names(top), ["a", "blue"]);
  for (const word of ["edge", "web", "app"]) {
    top.filter = word;
    assertEquals(names(top), ["blue"], word);
  }
});
