import { formatAddress } from "../base/address.ts";
import { KNOWN_FLAGS, KNOWN_KEYS, type Scope } from "./schema.ts";
import type { BackendSettings, ListenerSettings, Settings } from "./settings.ts";

/** What a reload can apply, and what it cannot. */
export interface ReloadableSettings {
  /** The new settings, but with the old values of everything that only a restart can change. */
  readonly settings: Settings;
  /**
   * The keys whose changed values were not applied, as written in the file; empty if there are
   * none.
   */
  readonly unchanged: readonly string[];
}

/** Keeps the values that only a restart can change. */
export function keepUnreloadable(before: Settings, after: Settings): ReloadableSettings {
  const unchanged = new Set<string>();
  const listenersBefore = byName(before.listeners, addressOf);
  const listeners = after.listeners.map((listener) => {
    const old = listenersBefore.get(addressOf(listener));
    return old === undefined ? listener : keep("listener", old, listener, unchanged);
  });
  const settings = keep("global", before, { ...after, listeners }, unchanged);
  return { settings, unchanged: [...unchanged] };
}

/** Describes the differences, one line for each change; empty if there are none. */
export function describeChanges(before: Settings, after: Settings): string[] {
  const changes = describeKeys("global", before, after, "");
  const old = byName(before.listeners, addressOf);
  const fresh = byName(after.listeners, addressOf);
  for (const [address, listener] of fresh) {
    const previous = old.get(address);
    if (previous === undefined) changes.push(`listener ${listener.key} added`);
    else changes.push(...describeListener(previous, listener));
  }
  for (const [address, listener] of old) {
    if (!fresh.has(address)) changes.push(`listener ${listener.key} removed`);
  }
  return changes;
}

function describeListener(before: ListenerSettings, after: ListenerSettings): string[] {
  const where = `listener ${after.key}: `;
  const changes = describeKeys("listener", before, after, where);
  const old = byName(before.backends, ({ id }) => id);
  const fresh = byName(after.backends, ({ id }) => id);
  for (const [id, backend] of fresh) {
    const { name } = backend;
    const previous = old.get(id);
    if (previous === undefined) changes.push(`${where}backend ${name} added`);
    else changes.push(...describeBackend(previous, backend, `${where}backend ${name}: `));
  }
  for (const [id, { name }] of old) {
    if (!fresh.has(id)) changes.push(`${where}backend ${name} removed`);
  }
  return changes;
}

function describeBackend(before: BackendSettings, after: BackendSettings, where: string): string[] {
  const changes: string[] = [];
  if (before.name !== after.name) changes.push(`${where}its name was ${before.name}`);
  if (before.weight !== after.weight) {
    changes.push(`${where}weight from ${before.weight} to ${after.weight}`);
  }
  if (before.mode !== after.mode) changes.push(`${where}mode from ${before.mode} to ${after.mode}`);
  for (const { name, setting, type } of KNOWN_FLAGS) {
    if (setting === "weight") continue;
    const old = valueOf(before, setting);
    const value = valueOf(after, setting);
    if (old === value) continue;
    const written = type === undefined ? (value ? "on" : "off") : type.format(value);
    changes.push(`${where}${name} is ${written}`);
  }
  return changes;
}

function describeKeys(scope: Scope, before: object, after: object, where: string): string[] {
  return KNOWN_KEYS.filter((key) => key.scope === scope).flatMap(
    ({ name, setting, type, secret }) => {
      const old = type.format(valueOf(before, setting));
      const value = type.format(valueOf(after, setting));
      if (old === value) return [];
      if (secret === true) return [`${where}${name} was changed`];
      return [`${where}${name} from ${old || "nothing"} to ${value || "nothing"}`];
    },
  );
}

function keep<T extends object>(scope: Scope, before: T, after: T, unchanged: Set<string>): T {
  const kept: Record<string, unknown> = {};
  for (const key of KNOWN_KEYS) {
    if (key.scope !== scope || key.reloadable) continue;
    const old = valueOf(before, key.setting);
    if (old === valueOf(after, key.setting)) continue;
    kept[key.setting] = old;
    unchanged.add(key.name);
  }
  return { ...after, ...kept };
}

function valueOf(settings: object, name: string): unknown {
  return (settings as Readonly<Record<string, unknown>>)[name];
}

function addressOf(listener: ListenerSettings): string {
  return formatAddress(listener.address);
}

function byName<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, T> {
  return new Map(items.map((item) => [nameOf(item), item]));
}
