import { assertEquals } from "@std/assert";
import { listSections } from "../../../../lib/admin/dashboard/page/sections.js";

function sections(listeners: Readonly<Record<string, string>>, pools: readonly string[]) {
  const all = {
    listeners: Object.entries(listeners).map(([key, pool]) => ({ key, pool })),
    pools: pools.map((name) => ({ name })),
  };
  return listSections(all).map(({ id, listener, pool, users }) => [
    id,
    listener?.key,
    pool?.name,
    users.map(({ key }) => key).join(),
  ]);
}

Deno.test("listSections() shows a pool together with its only listener of the same name", () => {
  assertEquals(sections({ "24003": "24003", app: "app" }, ["24003", "app"]), [
    ["listener-24003", "24003", "24003", "24003"],
    ["listener-app", "app", "app", "app"],
  ]);
});

Deno.test("listSections() shows every other pool after the listeners, once", () => {
  assertEquals(sections({ edge: "app", web: "app", app: "db" }, ["app", "db", "spare"]), [
    ["listener-edge", "edge", undefined, ""],
    ["listener-web", "web", undefined, ""],
    ["listener-app", "app", undefined, ""],
    ["pool-app", undefined, "app", "edge,web"],
    ["pool-db", undefined, "db", "app"],
    ["pool-spare", undefined, "spare", ""],
  ]);
});

Deno.test("listSections() shows a pool apart if another listener uses it too", () => {
  assertEquals(sections({ app: "app", web: "app" }, ["app"]), [
    ["listener-app", "app", undefined, ""],
    ["listener-web", "web", undefined, ""],
    ["pool-app", undefined, "app", "app,web"],
  ]);
});
