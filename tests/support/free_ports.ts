/**
 * Finds ports on 127.0.0.1 that are free at this moment. All of them are held until the last one is
 * found, so that no two are the same.
 */
export function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map((listener) => listener.addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** Finds one port on 127.0.0.1 that is free at this moment. */
export function freePort(): number {
  return freePorts(1)[0] as number;
}
