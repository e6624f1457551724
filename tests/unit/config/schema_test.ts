import { assert, assertEquals, assertMatch } from "@std/assert";
import { KNOWN_FLAGS, KNOWN_KEYS } from "../../../lib/config/schema.ts";

Deno.test("every default is allowed, and is read back from how it is written", () => {
  for (const { name, type, default: value } of KNOWN_KEYS) {
    assertEquals(type.parse(type.format(value)), { ok: true, value }, name);
  }
  for (const { name, type, default: value } of KNOWN_FLAGS) {
    if (type !== undefined) assertEquals(type.parse(type.format(value)), { ok: true, value }, name);
  }
});

Deno.test("no default is suspicious", () => {
  for (const key of KNOWN_KEYS) assertEquals(key.suspect?.(key.default), undefined, key.name);
});

Deno.test("every key and flag has a name of its own, and a sentence", () => {
  const names = KNOWN_KEYS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const { name, doc } of [...KNOWN_KEYS, ...KNOWN_FLAGS]) {
    assertMatch(name, /^[a-z][a-z0-9_]*$/);
    assert(doc.endsWith("."), name);
  }
});

Deno.test("only what the start and the admin API go by takes a restart", () => {
  const fixed = KNOWN_KEYS.filter(({ reloadable }) => !reloadable).map(({ name }) => name);
  assertEquals(fixed, ["bind_retry", "admin", "admin_token_file"]);
});
