import type { Sections } from "./_sections.ts";
import { quote } from "./quote.ts";
import type { PoolSettings } from "./settings.ts";
import type { Source } from "./source.ts";

/**
 * Reports a `send_expect` check that expects nothing, and keys that only such a check would use.
 */
export function checkHealth(
  { mappings, options, overrides }: Sections,
  pools: readonly PoolSettings[],
  source: Source,
): void {
  const keys = mappings.flatMap(({ entries }) => entries).map(({ key }) => key);
  const general = options.flatMap(({ entries }) => entries);
  const checked = pools.filter(({ healthCheck }) => healthCheck.kind === "send_expect");
  for (
    const [key, healthExpect] of new Map(checked.map((each) => [each.name, each.healthExpect]))
  ) {
    const own = overrides.filter((override) => override.key.text === key)
      .flatMap(({ section }) => section.entries);
    // A key with an invalid value has been reported already; one message is enough.
    const isWritten = [...general, ...own].some((entry) => entry.key.text === "health_expect");
    if (healthExpect !== "" || isWritten) continue;
    source.error(
      keys.find(({ text }) => text === key),
      `listener ${quote(key)} has health_check = send_expect, but no health_expect: ` +
        'expected what the answer must contain, such as "health_expect = +PONG"',
    );
  }
  if (checked.length > 0 || source.hasErrors) return;
  for (const { key } of [...general, ...overrides.flatMap(({ section }) => section.entries)]) {
    if (key.text !== "health_send" && key.text !== "health_expect") continue;
    source.warning(key, `${key.text} has no effect: no listener has health_check = send_expect`);
  }
}
