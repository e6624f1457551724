/**
 * Below the ports that systems assign to outgoing connections: any connection of this machine may
 * take one of those between the check and the use.
 */
const FIRST = 10_100;
const BLOCKS = 44;
const BLOCK_SIZE = 500;
/** The ports of `setup.cfg`, which may be in use for a manual run meanwhile. */
const KEPT: readonly number[] = [24_000, 24_003, 24_004];

/**
 * The block's first port, which is never handed out: the process that listens on it owns the block.
 */
const claim = hasPermission() ? claimBlock() : undefined;
/** A port is not handed out again for long: its user may not have bound it yet. */
let given = 0;

/** Returns distinct ports on 127.0.0.1 that are free at this moment. */
export function freePorts(count: number): number[] {
  return Array.from({ length: count }, freePort);
}

/**
 * Returns a port on 127.0.0.1 that is free at this moment, and that no other process or test file
 * gets, as each has its own block of ports.
 */
export function freePort(): number {
  if (claim === undefined) throw new Error("The permission is missing: --allow-net");
  const first = claim.addr.port;
  for (let attempts = 1; attempts < BLOCK_SIZE; attempts++) {
    given = given % (BLOCK_SIZE - 1) + 1;
    const port = first + given;
    if (!KEPT.includes(port) && isFree(port)) return port;
  }
  throw new Error(`No port from ${first + 1} to ${first + BLOCK_SIZE - 1} is free`);
}

/** Claims a block that no other process has, until this one ends. */
function claimBlock(): Deno.TcpListener {
  const start = Math.floor(Math.random() * BLOCKS);
  for (let i = 0; i < BLOCKS; i++) {
    const claimed = tryToListen(FIRST + (start + i) % BLOCKS * BLOCK_SIZE);
    if (claimed !== undefined) return claimed;
  }
  throw new Error(`Each of ${BLOCKS} blocks of ports is taken by another process`);
}

function isFree(port: number): boolean {
  const listener = tryToListen(port);
  listener?.close();
  return listener !== undefined;
}

function tryToListen(port: number): Deno.TcpListener | undefined {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return undefined;
    throw error;
  }
}

function hasPermission(): boolean {
  return Deno.permissions.querySync({ name: "net" }).state === "granted";
}
