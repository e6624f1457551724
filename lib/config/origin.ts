import type { KnownKey } from "./schema.ts";
import type { Settings } from "./settings.ts";

/**
 * Where the value of a key comes from: `default`, or the section of the file that sets it, such as
 * `[options]`, `[options 24003]` or `[pool app]`.
 *
 * @param owner the name of the listener or pool that the value belongs to; absent for keys that
 * apply to all of Weir
 */
export function originOf(key: KnownKey, { written }: Settings, owner?: string): string {
  const sections = owner === undefined
    ? ["options"]
    : [`${key.scope} ${owner}`, `options ${owner}`, "options"];
  const section = sections.find((name) => written[name]?.includes(key.name));
  return section === undefined ? "default" : `[${section}]`;
}
