import { lookup } from "node:dns/promises";
import type { Resolver, ServiceRecord } from "./resolver.ts";

/** A DNS server that is asked instead of what the operating system has. */
export interface NameServer {
  readonly ipAddr: string;
  readonly port: number;
}

/**
 * Asks the operating system for host names, which knows the hosts file too, and DNS for services.
 * With a name server of its own, everything is asked there.
 *
 * The operating system's look-up cannot be called off: it ends when it has ended.
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
    if (addresses.length === 0) throw new Deno.errors.NotFound(`no address of "${hostname}" found`);
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

/** A host may have addresses of one family only; any other failure hides addresses that it has. */
function noneIfNotFound(error: unknown): readonly string[] {
  if (error instanceof Deno.errors.NotFound) return [];
  throw error;
}
