import { assertEquals } from "@std/assert";
import { permittedTest } from "../../support/permitted.ts";
import { REFERENCE_PAGES } from "./reference_pages.ts";

const FOLDER = new URL("../../../.github/docs/", import.meta.url);

for (const [name, make] of Object.entries(REFERENCE_PAGES)) {
  permittedTest(["read"], `.github/docs/${name} is what the code says`, async () => {
    const file = new URL(name, FOLDER);
    if (isUpdating()) await Deno.writeTextFile(file, make());
    assertEquals(await Deno.readTextFile(file), make(), "deno task docs writes the pages anew");
  });
}

function isUpdating(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "UPDATE_GOLDEN" });
  return state === "granted" && Deno.env.get("UPDATE_GOLDEN") === "1";
}
