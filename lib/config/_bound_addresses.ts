import { type Address, canonicalHost, isIpv4 } from "../base/address.ts";
import type { Token } from "./source.ts";

const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** The addresses of listeners, to find those that conflict with an earlier one. */
export class BoundAddresses {
  /** By port and family: the first key overall, and the first for each host. */
  readonly #groups = new Map<
    string,
    { readonly first: Token; readonly byHost: Map<string, Token> }
  >();

  /**
   * Adds a listener. Returns the key of the earliest listener that it overlaps with, if there is
   * one.
   */
  add(key: Token, { hostname, port }: Address): Token | undefined {
    const host = canonicalHost(hostname);
    const name = `${port} ${isIpv4(host)}`;
    const group = this.#groups.get(name);
    if (group === undefined) {
      this.#groups.set(name, { first: key, byHost: new Map([[host, key]]) });
      return undefined;
    }
    const { first, byHost } = group;
    const overlapping = WILDCARDS.has(host)
      ? [first]
      : [host, ...WILDCARDS].flatMap((other) => byHost.get(other) ?? []);
    if (!byHost.has(host)) byHost.set(host, key);
    return overlapping.sort((a, b) => a.line - b.line)[0];
  }
}
