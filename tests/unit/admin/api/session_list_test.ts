import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { SessionList, type SessionQuery } from "../../../../lib/admin/api/session_list.ts";
import { Problem } from "../../../../lib/admin/server/problem.ts";
import type { SessionView } from "../../../../lib/engine/session_view.ts";
import type { Control } from "../../../../lib/supervisor/control.ts";

function session(id: string, startedAtMs: number, client = "10.0.0.1:5"): SessionView {
  return {
    id,
    client,
    listener: "24003",
    pool: "24003",
    backend: "a:1",
    phase: "relay",
    startedAtMs,
    bytesIn: 0,
    bytesOut: 0,
    connectTimeMs: 1,
    retries: 0,
  };
}

/** A list that reads what is in the array when it is asked. */
function listOf(sessions: readonly SessionView[]): SessionList {
  const control = { sessions: () => Promise.resolve(sessions) };
  return new SessionList(control as unknown as Control);
}

Deno.test("SessionList.page() has every session on one page, whatever else comes and goes", async () => {
  const start = fc.integer({ min: 0, max: 9 });
  await fc.assert(fc.asyncProperty(
    fc.array(start, { maxLength: 40 }),
    fc.array(start, { maxLength: 10 }),
    fc.integer({ min: 1, max: 7 }),
    async (starts, newcomers, limit) => {
      const sessions = starts.map((startedAtMs, index) => session(`0-${index}`, startedAtMs));
      const list = listOf(sessions);
      const seen: string[] = [];
      let cursor: string | undefined;
      for (;;) {
        list.refresh();
        const page = await list.page({ limit, cursor });
        seen.push(...page.sessions.map(({ id }) => id));
        if (page.next === null) break;
        cursor = page.next;
        // Newer ones come in at the front and move nothing.
        const next = newcomers.pop();
        if (next !== undefined) sessions.push(session(`1-${newcomers.length}`, 100 + next));
      }
      const old = seen.filter((id) => id.startsWith("0-"));
      assertEquals(old.toSorted(), starts.map((_, index) => `0-${index}`).toSorted());
    },
  ));
});

Deno.test("SessionList.page() goes on behind a session that has ended meanwhile", async () => {
  const sessions = [session("0-3", 3), session("0-2", 2), session("0-1", 1)];
  const list = listOf(sessions);
  const { next } = await list.page({ limit: 1 });
  sessions.shift();
  list.refresh();
  const page = await list.page({ limit: 5, cursor: next as string });
  assertEquals(page.sessions.map(({ id }) => id), ["0-2", "0-1"]);
});

Deno.test("SessionList.page() finds a client by its address, of either family", async () => {
  const list = listOf([session("0-1", 1, "[2001:db8::1]:77"), session("0-2", 2, "10.0.0.1:77")]);
  const ids = async (client: string) =>
    (await list.page({ limit: 9, client })).sessions.map(({ id }) => id);
  assertEquals(await ids("2001:db8::1"), ["0-1"]);
  assertEquals(await ids("[2001:db8::1]:77"), ["0-1"]);
  assertEquals(await ids("10.0.0.1"), ["0-2"]);
  assertEquals(await ids("10.0.0.1:78"), []);
});

Deno.test("SessionList.page() finds the sessions of a pool, from all of its listeners", async () => {
  const list = listOf([
    session("0-1", 1),
    { ...session("0-2", 2), listener: "edge", pool: "app" },
    { ...session("0-3", 3), listener: "web", pool: "app" },
  ]);
  const ids = async (query: Partial<SessionQuery>) =>
    (await list.page({ limit: 9, ...query })).sessions.map(({ id }) => id);
  assertEquals(await ids({ pool: "app" }), ["0-3", "0-2"]);
  assertEquals(await ids({ pool: "app", listener: "edge" }), ["0-2"]);
  assertEquals(await ids({ pool: "edge" }), []);
});

Deno.test("SessionList.page() rejects an invalid cursor", async () => {
  for (const cursor of ["", "x", "1", "_0-1", "1_"]) {
    await assertRejects(() => listOf([]).page({ limit: 1, cursor }), Problem);
  }
});
