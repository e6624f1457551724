import { canonicalHost, isIpAddress, isIpv4 } from "../base/address.ts";
import { explainLookup } from "./_explain_lookup.ts";
import type { Resolver, ServiceRecord } from "./resolver.ts";

/** The maximum number of addresses of a name, or of targets of a service. */
const MOST_ANSWERS = 64;

/** The result of a look-up. */
export interface Answer<T> {
  readonly value: T;
  /** What is missing from it. */
  readonly problem?: string;
}

/** One target of a service, with the addresses of its host. */
export interface ServicePlace extends ServiceRecord {
  readonly addresses: readonly string[];
}

/**
 * Returns the addresses of a host in a canonical order, without duplicates. Rejects if it has none.
 */
export async function askForHost(
  resolver: Resolver,
  hostname: string,
  signal: AbortSignal,
): Promise<Answer<readonly string[]>> {
  const answers = await resolver.addresses(hostname, signal);
  const addresses = [...new Set(answers.filter(isIpAddress).map(canonicalHost))].toSorted(byFamily);
  if (addresses.length === 0) throw new Error("it has no address");
  return { value: addresses.slice(0, MOST_ANSWERS) };
}

/**
 * Returns the targets of a service in a canonical order, without duplicates, with their addresses.
 * A host that cannot be resolved keeps the addresses that it had `before`; one without addresses is
 * left out. Rejects if none remain.
 */
export async function askForService(
  resolver: Resolver,
  name: string,
  before: readonly ServicePlace[],
  signal: AbortSignal,
): Promise<Answer<readonly ServicePlace[]>> {
  const records = (await resolver.services(name, signal)).toSorted(inOrder);
  const byPlace = new Map<string, ServiceRecord>();
  for (const record of records) {
    // A target of "." means that the service is not available at this domain (RFC 2782).
    if (record.target === "" || record.target === ".") continue;
    const place = `${record.target.toLowerCase()}:${record.port}`;
    if (!byPlace.has(place)) byPlace.set(place, record);
  }
  const problems: string[] = [];
  const places = await Promise.all(
    [...byPlace.values()].slice(0, MOST_ANSWERS).map(async (record) => {
      try {
        const { value } = await askForHost(resolver, record.target, signal);
        return { ...record, addresses: value };
      } catch (error) {
        problems.push(`"${record.target}": ${explainLookup(error)}`);
        const known = before.find(({ target }) => target === record.target)?.addresses ?? [];
        return { ...record, addresses: known };
      }
    }),
  );
  const value = places.filter(({ addresses }) => addresses.length > 0);
  const problem = problems.toSorted().join("; ");
  if (value.length === 0) throw new Error(problem === "" ? "it has no targets" : problem);
  return problem === "" ? { value } : { value, problem };
}

/** IPv4 first: a machine without IPv6 is more common than one without IPv4. */
function byFamily(a: string, b: string): number {
  return Number(isIpv4(b)) - Number(isIpv4(a)) || compare(a, b);
}

function inOrder(a: ServiceRecord, b: ServiceRecord): number {
  return a.priority - b.priority || compare(a.target, b.target) || a.port - b.port ||
    b.weight - a.weight;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
