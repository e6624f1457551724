import { BACKEND_FLAGS } from "./backend_flags.ts";
import { GLOBAL_KEYS } from "./global_keys.ts";
import type { BackendFlag, Key } from "./key.ts";
import { LISTENER_KEYS } from "./listener_keys.ts";
import { POOL_KEYS } from "./pool_keys.ts";

/** What a key applies to: all of Weir, a listener, or a pool. All of them may stand in `[options]`. */
export type Scope = "global" | "listener" | "pool";

/** A key of either table with its type erased, for code that treats all keys alike. */
export interface KnownKey extends Key<unknown> {
  /** The setting that the key sets. */
  readonly setting: string;
  readonly scope: Scope;
}

/** A flag with its type erased. */
export interface KnownFlag extends BackendFlag<unknown> {
  /** The setting that the flag sets. */
  readonly setting: string;
}

/** Every key, in the order of the reference. */
export const KNOWN_KEYS: readonly KnownKey[] = [
  ...listKeys(GLOBAL_KEYS, "global"),
  ...listKeys(LISTENER_KEYS, "listener"),
  ...listKeys(POOL_KEYS, "pool"),
];

/** Every flag, in the order of the reference. */
export const KNOWN_FLAGS: readonly KnownFlag[] = Object.entries(BACKEND_FLAGS)
  .map(([setting, flag]) => ({ ...flag, setting }));

function listKeys(keys: Readonly<Record<string, Key<unknown>>>, scope: Scope): KnownKey[] {
  return Object.entries(keys).map(([setting, key]) => ({ ...key, setting, scope }));
}
