import { messageOf } from "../base/message_of.ts";
import type { ListenerSettings } from "../config/settings.ts";
import type { BindProblem } from "../engine/generation.ts";

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
  listeners: readonly ListenerSettings[],
  bound: readonly ListenerSettings[],
): BindProblem[] {
  const ourPorts = new Set(bound.map(({ address }) => address.port));
  const problems: BindProblem[] = [];
  for (const { address, key } of listeners) {
    if (ourPorts.has(address.port)) continue;
    try {
      Deno.listen({ hostname: address.hostname, port: address.port }).close();
    } catch (error) {
      problems.push({ listener: key, message: messageOf(error) });
    }
  }
  return problems;
}
