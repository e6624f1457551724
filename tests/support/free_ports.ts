/**
 * Below the ports that systems give to outgoing connections: of those, any connection of this machine
 * may take one in the time between the look and the use.
 */
const FIRST = 10_000;
const COUNT = 22_000;
/** Those of `setup.cfg`, which the tests of the demo need. */
const KEPT: readonly number[] = [24_000, 24_003, 24_004];

/** Given once, not given again: whoever asked may not have bound it yet. */
const given = new Set<number>(KEPT);

/** Finds ports on 127.0.0.1 that are free at this moment, no two the same. */
export function freePorts(count: number): number[] {
  return Array.from({ length: count }, freePort);
}

/** Finds one port on 127.0.0.1 that is free at this moment. */
export function freePort(): number {
  // Not one after the other: other tests may be looking on this machine too.
  for (let attempts = 0; attempts < COUNT; attempts++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port) || !isFree(port)) continue;
    given.add(port);
    return port;
  }
  throw new Error(`No port from ${FIRST} to ${FIRST + COUNT - 1} is free`);
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
