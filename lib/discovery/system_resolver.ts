import { lookup } from "node:dns/promises";
import type { Resolver, ServiceRecord } from "./resolver.ts";

/** A DNS server to query instead of the system's resolver. */
export interface NameServer {
  readonly ipAddr: string;
  readonly port: number;
}

/**
 * Resolves host names through the operating system, which includes the hosts file, and services
 * through DNS. With a name server of its own, it sends all queries there.
 *
 * A look-up by the operating system cannot be cancelled; it runs to its end.
 */
export class SystemResolver implements Resolver {
  readonly #nameServer: NameServer | undefined;

  constructor(nameServer?: NameServer) {
    this.#nameServer = nameServer;
  }

  async addresses(hostname: string, signal: AbortSignal): Promise<readonly string[]> {
    if (this.#nameServer === undefined) {
      const answers = await lookup(hostname, { all: true });
      return answers.map(({ address }) => address);
    }
    const options = { nameServer: this.#nameServer, signal };
    const families = await Promise.all([
      Deno.resolveDns(hostname, "A", options).catch(noneIfNotFound),
      Deno.resolveDns(hostname, "AAAA", options).catch(noneIfNotFound),
    ]);
    const addresses = families.flat();
    if (addresses.length === 0) {
      throw new Deno.errors.NotFound(`no address found for "${hostname}"`);
    }
    return addresses;
  }

  async services(name: string, signal: AbortSignal): Promise<readonly ServiceRecord[]> {
    const options = this.#nameServer === undefined
      ? { signal }
      : { nameServer: this.#nameServer, signal };
    const records = await Deno.resolveDns(name, "SRV", options);
    return records.map(({ target, port, priority, weight }) => ({
      target: target.replace(/\.$/, ""),
      port,
      priority,
      weight,
    }));
  }
}

/**
 * A host may have addresses of one family only; any other failure would hide existing addresses.
 */
function noneIfNotFound(error: unknown): readonly string[] {
  if (error instanceof Deno.errors.NotFound) return [];
  throw error;
}
