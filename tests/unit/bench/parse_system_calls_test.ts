import { assertEquals } from "@std/assert";
import { parseSystemCalls } from "../../bench/loads/parse_system_calls.ts";

Deno.test("parseSystemCalls() reads calls by name, with and without errors", () => {
  const table = [
    "    calls    errors syscall",
    "--------- --------- ----------------",
    "      192        50 recvfrom",
    "       51           accept4",
    "        1         1 epoll_wait",
    "--------- --------- ----------------",
    "      244        51 total",
    "",
  ].join("\n");
  assertEquals(
    [...parseSystemCalls(table)],
    [["recvfrom", 192], ["accept4", 51], ["epoll_wait", 1]],
  );
});

Deno.test("parseSystemCalls() of an empty table is empty", () => {
  assertEquals(parseSystemCalls("").size, 0);
});
