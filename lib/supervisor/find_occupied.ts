import { messageOf } from "../base/message_of.ts";
import type { ListenerSettings } from "../config/settings.ts";
import type { BindProblem } from "../engine/generation.ts";

/** The ports that Linux assigns to outgoing connections by default. */
const OUTGOING_PORTS = { first: 32_768, last: 60_999 };
const OUTGOING_HINT =
  "an outgoing connection may hold the port, as Linux assigns them ports from " +
  `${OUTGOING_PORTS.first} to ${OUTGOING_PORTS.last}; ` +
  '"sysctl net.ipv4.ip_local_reserved_ports" reserves it for a listener';

/** Addresses, and the listener that a problem with it is reported for. */
export type BoundListener = Pick<ListenerSettings, "addresses" | "key">;

/**
 * Returns the listeners whose address cannot be bound.
 *
 * Workers share their ports with SO_REUSEPORT, and would also share them with any other process of
 * the same user: a second Weir would silently take half of the first one's clients. So each address
 * is bound once without that option, and closed again, before any worker binds it.
 *
 * @param bound the listeners that the workers have already bound; whether another one can use a
 * port of theirs is for the workers to find out
 */
export function findOccupied(
  listeners: readonly BoundListener[],
  bound: readonly BoundListener[],
): BindProblem[] {
  const ourPorts = new Set(bound.flatMap(({ addresses }) => addresses.map(({ port }) => port)));
  const problems: BindProblem[] = [];
  const places = listeners.flatMap(({ addresses, key }) =>
    addresses.map((address) => ({ address, key }))
  );
  for (const { address, key } of places) {
    if (ourPorts.has(address.port)) continue;
    try {
      Deno.listen({ hostname: address.hostname, port: address.port }).close();
    } catch (error) {
      const isOutgoing = Deno.build.os === "linux" && error instanceof Deno.errors.AddrInUse &&
        address.port >= OUTGOING_PORTS.first && address.port <= OUTGOING_PORTS.last;
      const hint = isOutgoing ? ` (${OUTGOING_HINT})` : "";
      problems.push({ listener: key, message: `${messageOf(error)}${hint}` });
    }
  }
  return problems;
}
