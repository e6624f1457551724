import type { KnownKey } from "./schema.ts";
import type { Settings } from "./settings.ts";

/**
 * Where the value of a key comes from: `default`, or the section of the file that sets it, such as
 * `[options]` or `[options 24003]`.
 *
 * @param listener the key of the listener that the value belongs to; absent for keys that apply to
 * all of Weir
 */
export function originOf(key: KnownKey, { written }: Settings, listener?: string): string {
  if (listener !== undefined && written.overrides[listener]?.includes(key.name)) {
    return `[options ${listener}]`;
  }
  return written.options.includes(key.name) ? "[options]" : "default";
}
