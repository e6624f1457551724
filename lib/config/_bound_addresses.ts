import { type Address, canonicalHost, isIpv4 } from "../base/address.ts";
import type { Token } from "./source.ts";

const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** A listener's key, and how many were added before it. */
interface Bound {
  readonly key: Token;
  readonly order: number;
}

/** The addresses of listeners, to find those that conflict with an earlier one. */
export class BoundAddresses {
  /** By port and family: the first key overall, and the first for each host. */
  readonly #groups = new Map<
    string,
    { readonly first: Bound; readonly byHost: Map<string, Bound> }
  >();
  #count = 0;

  /**
   * Adds a listener. Returns the key of the earliest listener that it overlaps with, if there is
   * one.
   */
  add(key: Token, { hostname, port }: Address): Token | undefined {
    const host = canonicalHost(hostname);
    const name = `${port} ${isIpv4(host)}`;
    const group = this.#groups.get(name);
    const bound = { key, order: this.#count++ };
    if (group === undefined) {
      this.#groups.set(name, { first: bound, byHost: new Map([[host, bound]]) });
      return undefined;
    }
    const { first, byHost } = group;
    const overlapping = WILDCARDS.has(host)
      ? [first]
      : [host, ...WILDCARDS].flatMap((other) => byHost.get(other) ?? []);
    if (!byHost.has(host)) byHost.set(host, bound);
    return overlapping.sort((a, b) => a.order - b.order)[0]?.key;
  }
}
