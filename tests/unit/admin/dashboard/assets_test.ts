import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DASHBOARD_ASSETS } from "../../../../lib/admin/dashboard/assets.ts";
import { permittedTest } from "../../../support/permitted.ts";

const PAGE_FOLDER = new URL("../../../../lib/admin/dashboard/page/", import.meta.url);
const BY_PATH = new Map(DASHBOARD_ASSETS.map((file) => [file.path, String(file.body)]));

Deno.test("DASHBOARD_ASSETS has everything that its files name", () => {
  const missing: string[] = [];
  for (const [path, text] of BY_PATH) {
    const named = [
      ...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)";$/gm),
      ...path === "/" ? text.matchAll(/\b(?:src|href)="([^"#]+)"/g) : [],
    ].map((match) => new URL(match[1] as string, `http://weir${path}`).pathname);
    missing.push(...named.filter((name) => !BY_PATH.has(name) && !name.startsWith("/api/")));
  }
  assertEquals(missing, []);
});

permittedTest(["read"], "DASHBOARD_ASSETS has every file of the page's folder", () => {
  const names = [...Deno.readDirSync(PAGE_FOLDER)].map(({ name }) => name);
  const served = (name: string) =>
    name === "index.html" ? BY_PATH.has("/") : BY_PATH.has(`/dashboard/${name}`);
  assertEquals(names.filter((name) => !served(name)), []);
});

Deno.test("DASHBOARD_ASSETS has the plots' library in it", () => {
  assertStringIncludes(BY_PATH.get("/dashboard/uplot.js") ?? "", "uPlot");
  assertStringIncludes(BY_PATH.get("/dashboard/uplot.css") ?? "", ".uplot");
});

Deno.test("DASHBOARD_ASSETS names nothing elsewhere, and has no inline script or style", () => {
  for (const [path, text] of BY_PATH) {
    if (path.includes("uplot")) continue;
    const urls = text.replaceAll("http://www.w3.org/2000/svg", "").match(/https?:\/\/[^\s"'`]+/g);
    assertEquals(urls, null, path);
  }
  const page = BY_PATH.get("/") ?? "";
  assert(!/<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)/i.test(page));
});
