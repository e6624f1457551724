import { KNOWN_KEYS, type KnownKey, type Scope } from "./schema.ts";
import type { Settings } from "./settings.ts";

/** The placeholder for a secret value. */
export const SECRET = "(secret)";

/** Formats the value of a key for people; a secret is replaced by the placeholder. */
export function showValue(key: KnownKey, value: unknown): string {
  return isSecret(key, value) ? SECRET : key.type.format(value);
}

/** Returns settings that may be shown to people and programs: secrets are replaced. */
export function withoutSecrets(settings: Settings): Settings {
  return {
    ...conceal("global", settings),
    listeners: settings.listeners.map((listener) => conceal("listener", listener)),
    pools: settings.pools.map((pool) => conceal("pool", pool)),
  };
}

/** A default is not a secret: it is public in the reference. */
function isSecret(key: KnownKey, value: unknown): boolean {
  return key.secret === true && value !== key.default;
}

function conceal<T extends object>(scope: Scope, values: T): T {
  const written = new Map(Object.entries(values));
  const secrets = KNOWN_KEYS.filter((key) =>
    key.scope === scope && isSecret(key, written.get(key.setting))
  );
  // A secret is a string, and so is its placeholder.
  return { ...values, ...Object.fromEntries(secrets.map(({ setting }) => [setting, SECRET])) };
}
