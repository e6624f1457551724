import { messageOf } from "../base/message_of.ts";
import type { ListenerSettings } from "../config/settings.ts";
import type { BindProblem } from "../engine/generation.ts";

/** The ports that Linux gives to outgoing connections, unless it was told otherwise. */
const OUTGOING_PORTS = { first: 32_768, last: 60_999 };
const OUTGOING_HINT = "an outgoing connection may have the port, as Linux gives them those from " +
  `${OUTGOING_PORTS.first} to ${OUTGOING_PORTS.last}; ` +
  '"sysctl net.ipv4.ip_local_reserved_ports" keeps it for a listener';

/** An address, and what a problem with it is reported for. */
export type BoundListener = Pick<ListenerSettings, "address" | "key">;

/**
 * Finds the listeners whose address cannot be had.
 *
 * Workers share their ports with each other by SO_REUSEPORT, and so they would with any other
 * process of the same user: a second Weir would take half of the first one's clients in silence.
 * So an address is bound once without that option, and closed again, before any worker binds it.
 *
 * @param bound the listeners that the workers have already; whether a further one can have a port of
 * theirs is for the workers to find out
 */
export function findOccupied(
  listeners: readonly BoundListener[],
  bound: readonly BoundListener[],
): BindProblem[] {
  const ourPorts = new Set(bound.map(({ address }) => address.port));
  const problems: BindProblem[] = [];
  for (const { address, key } of listeners) {
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
