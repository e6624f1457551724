import { assertEquals } from "@std/assert";
import { contentType } from "../../../lib/demo/content_type.ts";

Deno.test("contentType() goes by the ending of the name", () => {
  assertEquals(contentType("/srv/main.ts"), "text/typescript; charset=utf-8");
  assertEquals(contentType("/srv/README.MD"), "text/markdown; charset=utf-8");
  assertEquals(contentType("/srv/setup.cfg"), "text/plain; charset=utf-8");
  assertEquals(contentType("/srv/LICENSE"), "text/plain; charset=utf-8");
});

Deno.test("contentType() takes everything else for plain bytes", () => {
  for (const path of ["/a.ts/b", "/weir", "/x.constructor", "/x.toString"]) {
    assertEquals(contentType(path), "application/octet-stream", path);
  }
});
