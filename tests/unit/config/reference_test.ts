import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import {
  EXAMPLE,
  formatReference,
  formatReferenceMarkdown,
} from "../../../lib/config/reference.ts";
import { KNOWN_FLAGS, KNOWN_KEYS } from "../../../lib/config/schema.ts";

Deno.test("formatReference() has every key with its default, and every flag", () => {
  const text = formatReference();
  for (const { name, type, default: value } of KNOWN_KEYS) {
    assertStringIncludes(text, `  ${name} = ${type.format(value)}\n`);
  }
  for (const { name } of KNOWN_FLAGS) assertStringIncludes(text, `\n  ${name}`);
});

Deno.test("formatReference() fits a terminal of 80 columns", () => {
  for (const line of formatReference().split("\n")) assert(line.length <= 80, line);
});

Deno.test("formatReference() shows an example that is valid", () => {
  const { diagnostics, settings } = parseSettings(EXAMPLE, "a", { cores: 1, privileged: false });
  assertEquals(diagnostics, []);
  assertEquals([settings?.listeners.length, settings?.pools.length], [3, 3]);
  for (const line of EXAMPLE.trimEnd().split("\n")) assertStringIncludes(formatReference(), line);
});

Deno.test("formatReferenceMarkdown() has a row with as many cells as columns for every key", () => {
  const [keys = "", flags = ""] = formatReferenceMarkdown().split("\n\n");
  const rows = keys.split("\n");
  assertEquals(rows.length, KNOWN_KEYS.length + 2);
  for (const row of rows) assertEquals(row.split(/(?<!\\)\|/).length, 8, row);
  assertEquals(flags.split("\n").length, KNOWN_FLAGS.length + 2);
});
