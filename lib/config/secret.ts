import { KNOWN_KEYS, type KnownKey, type Scope } from "./schema.ts";
import type { Settings } from "./settings.ts";

/** What stands for a value that is nobody's business. */
export const SECRET = "(secret)";

/** Writes the value of a key for people; what stands in its place where it is a secret. */
export function showValue(key: KnownKey, value: unknown): string {
  return isSecret(key, value) ? SECRET : key.type.format(value);
}

/** Gives settings for people and programs to look at: what is a secret is replaced. */
export function withoutSecrets(settings: Settings): Settings {
  return {
    ...conceal("global", settings),
    listeners: settings.listeners.map((listener) => conceal("listener", listener)),
  };
}

/** A default is no secret: everybody can read it in the reference. */
function isSecret(key: KnownKey, value: unknown): boolean {
  return key.secret === true && value !== key.default;
}

function conceal<T extends object>(scope: Scope, values: T): T {
  const written = new Map(Object.entries(values));
  const secrets = KNOWN_KEYS.filter((key) =>
    key.scope === scope && isSecret(key, written.get(key.setting))
  );
  // A secret is a text, and so is what stands for it.
  return { ...values, ...Object.fromEntries(secrets.map(({ setting }) => [setting, SECRET])) };
}
