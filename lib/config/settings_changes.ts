import { KNOWN_FLAGS, KNOWN_KEYS, type Scope } from "./schema.ts";
import type { BackendSettings, PoolSettings, Settings } from "./settings.ts";

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
  const listenersBefore = byName(before.listeners, idOf);
  const listeners = after.listeners.map((listener) => {
    const old = listenersBefore.get(listener.id);
    return old === undefined ? listener : keep("listener", old, listener, unchanged);
  });
  const settings = keep("global", before, { ...after, listeners }, unchanged);
  return { settings, unchanged: [...unchanged] };
}

/** Describes the differences, one line for each change; empty if there are none. */
export function describeChanges(before: Settings, after: Settings): string[] {
  const changes = describeKeys("global", before, after, "");
  const listeners = compare(before.listeners, after.listeners);
  for (const { key } of listeners.added) changes.push(`listener ${key} added`);
  for (const [old, fresh] of listeners.kept) {
    changes.push(...describeKeys("listener", old, fresh, `listener ${fresh.key}: `));
    if (old.pool !== fresh.pool) {
      changes.push(`listener ${fresh.key}: pool from ${old.pool} to ${fresh.pool}`);
    }
  }
  for (const { key } of listeners.removed) changes.push(`listener ${key} removed`);
  // The pool of a mapping comes and goes with the listener of the same name.
  const [come, gone] = [listeners.added, listeners.removed].map((each) =>
    new Set(each.map(({ key }) => key))
  ) as [Set<string>, Set<string>];
  const pools = compare(before.pools, after.pools);
  for (const { name } of pools.added) if (!come.has(name)) changes.push(`pool ${name} added`);
  for (const [old, fresh] of pools.kept) changes.push(...describePool(old, fresh));
  for (const { name } of pools.removed) if (!gone.has(name)) changes.push(`pool ${name} removed`);
  return changes;
}

function describePool(before: PoolSettings, after: PoolSettings): string[] {
  const where = `pool ${after.name}: `;
  const changes = describeKeys("pool", before, after, where);
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

/** Sorts what two generations have by whether it was there before, by its identity. */
function compare<T extends { readonly id: string }>(before: readonly T[], after: readonly T[]) {
  const old = byName(before, idOf);
  const fresh = byName(after, idOf);
  return {
    added: after.filter(({ id }) => !old.has(id)),
    removed: before.filter(({ id }) => !fresh.has(id)),
    kept: after.flatMap((each): [T, T][] => {
      const previous = old.get(each.id);
      return previous === undefined ? [] : [[previous, each]];
    }),
  };
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}

function byName<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, T> {
  return new Map(items.map((item) => [nameOf(item), item]));
}
