import type { Endpoint } from "../traffic/wire.ts";

/** Gives loopback ports that were free a moment ago, all different. */
export function freePorts(count: number): Endpoint[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const endpoints = listeners.map(({ addr }) => ({ hostname: "127.0.0.1", port: addr.port }));
  for (const listener of listeners) listener.close();
  return endpoints;
}
