import { assert, assertEquals } from "@std/assert";
import type { BackendSettings } from "../../../lib/config/settings.ts";
import { type ConnectFailure, FailedAttempts } from "../../../lib/engine/failed_attempts.ts";

function lease(name: string, row: number) {
  // Of a backend, only the name matters here.
  return { backend: { name } as BackendSettings, row };
}

Deno.test("FailedAttempts.and() keeps rows and names in their order, and leaves the earlier alone", () => {
  const one = FailedAttempts.none.and(lease("a", 4), "connect_failed");
  const two = one.and(lease("b", 2), "connect_timeout");
  assertEquals([FailedAttempts.none.count, one.count, two.count], [0, 1, 2]);
  assertEquals([one.rows, two.rows], [[4], [4, 2]]);
  assertEquals(two.list(undefined, "abandoned"), [
    { backend: "a", outcome: "connect_failed" },
    { backend: "b", outcome: "connect_timeout" },
  ]);
});

Deno.test("FailedAttempts.list() ends with the attempt at hand, and is empty if none has failed", () => {
  assertEquals(FailedAttempts.none.list({ name: "a" }, "connected"), []);
  // Nothing is allocated for a session whose first attempt succeeds.
  const empty = FailedAttempts.none.list({ name: "a" }, "connected");
  assert(empty === FailedAttempts.none.list(undefined, "abandoned"));
  const one = FailedAttempts.none.and(lease("a", 0), "no_port");
  assertEquals(one.list({ name: "b" }, "connected"), [
    { backend: "a", outcome: "no_port" },
    { backend: "b", outcome: "connected" },
  ]);
});

Deno.test("FailedAttempts.ender is decided by the last failure", () => {
  const enderAfter = (...failures: ConnectFailure[]) =>
    failures.reduce((all, failure) => all.and(lease("a", 0), failure), FailedAttempts.none).ender;
  assertEquals(enderAfter("connect_timeout", "connect_failed"), "backend");
  assertEquals(enderAfter("connect_failed", "connect_timeout"), "timeout");
  assertEquals(enderAfter("connect_failed", "no_port"), "resource");
});
