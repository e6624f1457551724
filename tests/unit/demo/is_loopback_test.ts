import { assertEquals } from "@std/assert";
import { isLoopback } from "../../../lib/demo/is_loopback.ts";

Deno.test("isLoopback() knows this machine's own addresses", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost"]) {
    assertEquals(isLoopback(host), true, host);
  }
});

Deno.test("isLoopback() refuses every other host", () => {
  const others = ["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "127.0.0.1.example.org", "127.0.0", ""];
  for (const host of [...others, "localhost.example.org", "127.0.0.256", "::ffff:10.0.0.1"]) {
    assertEquals(isLoopback(host), false, host);
  }
});
