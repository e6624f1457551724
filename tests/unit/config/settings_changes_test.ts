import { assert, assertEquals } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { Settings } from "../../../lib/config/settings.ts";
import { describeChanges, keepUnreloadable } from "../../../lib/config/settings_changes.ts";

function settingsOf(text: string): Settings {
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  assert(settings !== undefined);
  return settings;
}

Deno.test("describeChanges() finds none where there are none", () => {
  const text = "[mappings]\n2000 = 127.0.0.1:1, 127.0.0.1:2\n";
  assertEquals(describeChanges(settingsOf(text), settingsOf(text)), []);
});

Deno.test("describeChanges() names everything that differs", () => {
  const before = settingsOf(
    "[mappings]\n2000 = 127.0.0.1:1:2, 127.0.0.1:2, 127.0.0.1:4\n2001 = 127.0.0.1:1\n",
  );
  const after = settingsOf(
    "[options]\ndrain_timeout = 5s\nalgorithm = random\n" +
      "[mappings]\n2000 = 127.0.0.1:1 weight=3 backup, 127.0.0.1:3, 127.0.0.1:4 drain\n" +
      "2002 = 127.0.0.1:1\n",
  );
  assertEquals(describeChanges(before, after), [
    "drain_timeout from 30s to 5s",
    "listener 2002 added",
    "listener 2001 removed",
    "pool 2000: algorithm from weighted_round_robin to random",
    "pool 2000: backend 127.0.0.1:1: weight from 2 to 3",
    "pool 2000: backend 127.0.0.1:1: backup is on",
    "pool 2000: backend 127.0.0.1:3 added",
    "pool 2000: backend 127.0.0.1:4: mode from ready to drain",
    "pool 2000: backend 127.0.0.1:2 removed",
  ]);
});

Deno.test("describeChanges() names a pool that comes or goes without a listener of its name", () => {
  const before = settingsOf("[mappings]\n2000 = 127.0.0.1:1\n2001 = 127.0.0.1:2\n");
  const { listeners: [first, second], pools: [pool] } = before;
  assert(first !== undefined && second !== undefined && pool !== undefined);
  const after = {
    ...before,
    listeners: [first, { ...second, pool: pool.name }],
    pools: [pool],
  };
  assertEquals(describeChanges(before, after), [
    "listener 2001: pool from 2001 to 2000",
    "pool 2001 removed",
  ]);
  assertEquals(describeChanges(after, before), [
    "listener 2001: pool from 2000 to 2001",
    "pool 2001 added",
  ]);
});

Deno.test("describeChanges() knows a backend that is called differently", () => {
  const before = settingsOf("[mappings]\n2000 = 127.0.0.1:1, blue@127.0.0.1:2, [::1]:3\n");
  const after = settingsOf(
    "[mappings]\n2000 = green@127.0.0.1:1:2, blue@127.0.0.1:4, [0::1]:3 backup\n",
  );
  assertEquals(describeChanges(before, after), [
    "pool 2000: backend green: its name was 127.0.0.1:1",
    "pool 2000: backend green: weight from 1 to 2",
    "pool 2000: backend blue added",
    "pool 2000: backend [0::1]:3: its name was [::1]:3",
    "pool 2000: backend [0::1]:3: backup is on",
    "pool 2000: backend blue removed",
  ]);
});

Deno.test("describeChanges() says nothing for an empty text, and keeps secrets", () => {
  const text = (send: string, expect: string) =>
    `[options]\nhealth_check = send_expect\nhealth_send = ${send}\nhealth_expect = ${expect}\n` +
    "[mappings]\n2000 = 127.0.0.1:1\n";
  assertEquals(
    describeChanges(settingsOf("[mappings]\n2000 = 127.0.0.1:1\n"), settingsOf(text("a", "OK"))),
    [
      "pool 2000: health_check from tcp to send_expect",
      "pool 2000: health_send was changed",
      "pool 2000: health_expect from nothing to OK",
    ],
  );
  assertEquals(describeChanges(settingsOf(text("hunter2", "OK")), settingsOf(text("b", "OK"))), [
    "pool 2000: health_send was changed",
  ]);
});

Deno.test("keepUnreloadable() keeps what only a restart can change, and names it", () => {
  const before = settingsOf("[options]\nbind_retry = 2s\n[mappings]\n2000 = 127.0.0.1:1\n");
  const after = settingsOf(
    "[options]\nworkers = 3\nbind_retry = 3s\nadmin = 127.0.0.1:3000\nengine = streams\n" +
      "retries = 1\n[mappings]\n2000 = 127.0.0.1:1\n",
  );
  const { settings, unchanged } = keepUnreloadable(before, after);
  assertEquals(unchanged, ["bind_retry", "admin"]);
  assertEquals([settings.bindRetryMs, settings.admin], [2_000, "off"]);
  assertEquals(settings.workers, 3);
  assertEquals(settings.listeners[0]?.engine, "streams");
  assertEquals(settings.pools[0]?.retries, 1);
});

Deno.test("keepUnreloadable() lets a new listener have what it wants", () => {
  const before = settingsOf("[mappings]\n2000 = 127.0.0.1:1\n");
  const after = settingsOf(
    "[mappings]\n2000 = 127.0.0.1:1\n2001 = 127.0.0.1:1\n[options 2001]\nengine = streams\n",
  );
  const { settings, unchanged } = keepUnreloadable(before, after);
  assertEquals(unchanged, []);
  assertEquals(settings.listeners[1]?.engine, "streams");
});
