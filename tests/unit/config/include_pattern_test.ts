import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  hasWildcard,
  includePattern,
  matchesName,
  resolvePattern,
} from "../../../lib/config/include_pattern.ts";
import { howMany } from "../../support/long_tests.ts";

Deno.test("includePattern() takes files, with wildcards in their names only", () => {
  const { parse } = includePattern();
  for (const text of ["", "a.cfg", "conf.d/*.cfg", "/etc/weir/?.cfg", "a b/*", "[x].cfg"]) {
    assertEquals(parse(text), { ok: true, value: text });
  }
  const expected = 'expected a file, or files such as "conf.d/*.cfg"';
  for (
    const [text, problem] of [
      ["conf.d/", "is a folder"],
      ["..", "is a folder"],
      ["conf.d/.", "is a folder"],
      ["*/a.cfg", "has a wildcard in the name of a folder"],
      ["a\0", "contains a zero byte"],
    ] as const
  ) {
    assertEquals(parse(text), { ok: false, problem: `${problem}: ${expected}` });
  }
});

Deno.test("resolvePattern() starts where the file is that names it", () => {
  assertEquals(resolvePattern("conf.d/*.cfg", "weir.cfg"), "conf.d/*.cfg");
  assertEquals(resolvePattern("conf.d/*.cfg", "/etc/weir/weir.cfg"), "/etc/weir/conf.d/*.cfg");
  assertEquals(resolvePattern("../a.cfg", "etc/weir.cfg"), "a.cfg");
  assertEquals(resolvePattern("/srv/a.cfg", "etc/weir.cfg"), "/srv/a.cfg");
  assertEquals(resolvePattern("a.cfg", "-"), "a.cfg");
});

Deno.test("hasWildcard() knows * and ?", () => {
  assertEquals(["a", "a*", "?", "[a]"].map(hasWildcard), [false, true, true, false]);
});

Deno.test("matchesName() matches as a shell does", () => {
  for (
    const [pattern, name, matches] of [
      ["*.cfg", "a.cfg", true],
      ["*.cfg", ".cfg", false],
      ["*.cfg", ".a.cfg", false],
      [".*.cfg", ".a.cfg", true],
      ["*.cfg", "a.cfg~", false],
      ["*.cfg", "a.cfg.cfg", true],
      ["*", "", true],
      ["", "", true],
      ["?", "", false],
      ["?.cfg", "ab.cfg", false],
      ["a*b*c", "aXbXbc", true],
      ["a*b*c", "acb", false],
      ["**a**", "bab", true],
      ["a.c", "abc", false],
    ] as const
  ) {
    assertEquals(matchesName(pattern, name), matches, `${pattern} ${name}`);
  }
});

Deno.test("matchesName() agrees with a regular expression, and takes no time on hard patterns", () => {
  const texts = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 12 });
  fc.assert(
    fc.property(texts, texts, (pattern, name) => {
      const expression = pattern.replaceAll("*", ".*").replaceAll("?", ".");
      assertEquals(matchesName(pattern, name), new RegExp(`^${expression}$`).test(name));
    }),
    { numRuns: howMany(2_000, 50_000) },
  );
  assert(!matchesName("*a".repeat(2_000), `${"a".repeat(1_999)}b`));
});
