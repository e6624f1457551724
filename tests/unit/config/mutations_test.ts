import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { describeSettings } from "../../../lib/cli/output/describe_settings.ts";
import { formatDiagnostics } from "../../../lib/config/diagnostic.ts";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import { SECRET } from "../../../lib/config/secret.ts";
import { howMany } from "../../support/long_tests.ts";
import { permittedTest } from "../../support/permitted.ts";

const ROOT = new URL("../../../", import.meta.url);
const ENVIRONMENT = { cores: 2, privileged: false };

const PIECES = fc.constantFrom(
  ..."[ ] = , ; # : :: * % + - . 0 9 / \\ \" ' \n \r \r\n \t \v \0 \x1b \xa0".split(" "),
  ...["\uFEFF", "\u0301", "\u202E", "\u2028", "日", "👩‍👧", "\uD800", "\uDC00", " "],
  ...[
    "[::1]",
    "[options ",
    "[mappings]\n",
    "://",
    " backup",
    "weight=3",
    "srv+",
    "blue@",
    "unix:",
    "etcd+",
    "9".repeat(20),
  ],
  ...["health_check = send_expect\n", "admin = ", "%eth0", "localhost:24003", "__proto__ = 1\n"],
);

/** Puts a piece in place of a few characters somewhere. */
const CHANGES = fc.array(
  fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(12), piece: PIECES }),
  { minLength: 1, maxLength: 6 },
);

function configurations(): string[] {
  const folder = new URL("tests/golden/", ROOT);
  const cases = [...Deno.readDirSync(folder)].map(({ name }) => new URL(name, folder))
    .filter(({ pathname }) => pathname.endsWith(".cfg"));
  return [new URL("setup.cfg", ROOT), ...cases].map((file) => Deno.readTextFileSync(file));
}

permittedTest(["read"], "no damage to a configuration makes Weir lose its words", () => {
  const damaged = fc.tuple(fc.constantFrom(...configurations()), CHANGES).map(([text, changes]) =>
    changes.reduce((rest, { at, cut, piece }) => {
      const start = Math.floor(at * rest.length);
      return rest.slice(0, start) + piece + rest.slice(start + cut);
    }, text)
  );
  fc.assert(
    fc.property(damaged, (text) => {
      const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
      const { settings, diagnostics } = parseSettings(text, "a.cfg", ENVIRONMENT);
      assertEquals(settings === undefined, diagnostics.some((d) => d.severity === "error"));
      const told = new Set<string>();
      for (const { line, column, length, lineText, lineStart, message } of diagnostics) {
        const whole = line === 0 ? "" : lines[line - 1];
        // A line that may have been meant to set a secret ends where the secret begins.
        const [shown, concealed] = lineText.split(SECRET) as [string, string | undefined];
        if (concealed === undefined) assertEquals(lineText.trimEnd(), whole?.trimEnd());
        else assert(whole?.startsWith(shown.trimEnd()), lineText);
        assertEquals(lineStart, line === 0 ? 0 : 1);
        assert(column - 1 + length <= lineText.length, message);
        assert(!told.has(`${line}:${column} ${message}`), `twice: ${message}`);
        told.add(`${line}:${column} ${message}`);
      }
      const written = formatDiagnostics(diagnostics, { color: false }) +
        (settings === undefined ? "" : describeSettings(settings));
      assert(!/[\p{Cc}\p{Cf}\p{Cs}]/u.test(written.replaceAll("\n", "")), written);
    }),
    { numRuns: howMany(2_000, 50_000) },
  );
});
