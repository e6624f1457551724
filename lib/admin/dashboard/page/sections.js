// @ts-check

/**
 * What is shown together: a listener with a pool of its own, a listener alone, or a pool alone.
 *
 * @template L, P
 * @typedef {object} Section
 * @property {string} id unique among the sections
 * @property {L | undefined} listener
 * @property {P | undefined} pool
 * @property {readonly L[]} users the listeners that use the pool; without one, empty
 */

/**
 * Arranges listeners and pools for a display: the listeners in their order, then the pools. A pool
 * is shown together with its only listener if both have the same name, as those of an entry in
 * `[mappings]` do.
 *
 * @template {{ readonly key: string, readonly pool: string }} L
 * @template {{ readonly name: string }} P
 * @param {{ readonly listeners: readonly L[], readonly pools: readonly P[] }} all
 * @returns {Section<L, P>[]}
 */
export function listSections({ listeners, pools }) {
  const usersOf = Map.groupBy(listeners, ({ pool }) => pool);
  /** @type {Map<string, P>} by the key of the listener */
  const own = new Map();
  for (const pool of pools) {
    const users = usersOf.get(pool.name) ?? [];
    if (users.length === 1 && users[0]?.key === pool.name) own.set(pool.name, pool);
  }
  return [
    ...listeners.map((listener) => {
      const pool = own.get(listener.key);
      const users = pool === undefined ? [] : [listener];
      return { id: `listener-${listener.key}`, listener, pool, users };
    }),
    ...pools.filter(({ name }) => !own.has(name)).map((pool) => ({
      id: `pool-${pool.name}`,
      listener: undefined,
      pool,
      users: usersOf.get(pool.name) ?? [],
    })),
  ];
}
