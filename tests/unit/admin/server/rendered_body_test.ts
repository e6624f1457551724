import { assertEquals, assertStrictEquals } from "@std/assert";
import { gunzipSync } from "node:zlib";
import {
  acceptsGzip,
  RenderedBody,
  renderJson,
  renderText,
} from "../../../../lib/admin/server/rendered_body.ts";
import { runAtOnce } from "../../../../lib/base/steps.ts";

Deno.test("RenderedBody has the same bytes for everybody, and compresses them once", () => {
  const body = runAtOnce(renderText(["wéir ".repeat(500), "end"]));
  const text = "wéir ".repeat(500) + "end";
  assertEquals(new TextDecoder().decode(body.bytes), text);
  assertStrictEquals(body.gzipped, body.gzipped);
  assertEquals(new TextDecoder().decode(gunzipSync(body.gzipped)), text);
  assertEquals(body.isCompressible, true);
  assertEquals(new RenderedBody("short").isCompressible, false);
  assertEquals(new TextDecoder().decode(renderJson({ a: 1 }).bytes), '{"a":1}\n');
});

Deno.test("acceptsGzip() follows the weights of Accept-Encoding", () => {
  const wanted = ["gzip", "deflate, GZIP;q=0.1", "*", "br;q=1.0, *;q=0.5", "gzip, *;q=0"];
  for (const header of wanted) assertEquals(acceptsGzip(header), true, header);
  const unwanted = [null, "", "identity", "br", "gzip;q=0", "*;q=1, gzip;q=0", "x-gzip"];
  for (const header of unwanted) assertEquals(acceptsGzip(header), false, String(header));
});
