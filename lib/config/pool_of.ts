import type { ListenerSettings, PoolSettings, Settings } from "./settings.ts";

/** The pool of a listener. Throws an `Error` where the settings contradict themselves. */
export function poolOf(
  { pools }: Pick<Settings, "pools">,
  listener: ListenerSettings,
): PoolSettings {
  const pool = pools.find(({ name }) => name === listener.pool);
  if (pool === undefined) throw new Error(`There is no pool ${listener.pool}`);
  return pool;
}
