import { type Address, canonicalHost, isLoopback } from "../base/address.ts";
import type { Steps } from "../base/steps.ts";
import { BACKEND_FORM, SERVICE_PREFIX, splitItems } from "./_backend_items.ts";
import { readFlags } from "./_flag_words.ts";
import { readHost, readPort, splitParts } from "./_host_port.ts";
import { WEIGHT } from "./backend_flags.ts";
import type { IniEntry } from "./ini.ts";
import { quote } from "./quote.ts";
import type { BackendSettings } from "./settings.ts";
import type { Source, Token } from "./source.ts";

/** The form of a backend that comes from DNS, for messages and the reference. */
export const SERVICE_FORM = "srv+_service._protocol.name";

/** Where a connection to the wildcard address arrives. */
const LOOPBACK_OF: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** Addresses that a backend must not have: a connection there would come back to Weir itself. */
export interface OwnAddresses {
  /** Where the listener is bound; absent if its address could not be read. */
  readonly listener: Address | undefined;
  /** Where the admin API is bound; absent if it is off. */
  readonly admin: Address | undefined;
}

/**
 * Reads the right side of a mapping, and reports every mistake in it.
 *
 * @param most The maximum number of backends; anything after them is not read.
 * @returns The valid backends; their `candidates` are empty if the host is a name.
 */
export function* readBackends(
  listener: IniEntry,
  own: OwnAddresses,
  most: number,
  source: Source,
): Steps<BackendSettings[]> {
  const listenerName = quote(listener.key.text);
  if (listener.value.length === 0) {
    const form = `expected ${BACKEND_FORM}, such as "127.0.0.1:8080"`;
    source.error(listener.key, `listener ${listenerName} has no backend: ${form}`);
    return [];
  }
  const items = yield* splitItems(listener.value, most, source);
  const firstPlaces = new Map<string, Token>();
  const backends: BackendSettings[] = [];
  for (const words of items) {
    yield;
    const backend = readBackend(words, source);
    if (backend === undefined) continue;
    const identity = `${canonicalHost(backend.address.hostname)} ${backend.address.port}`;
    const [place] = words as [Token];
    const earlier = firstPlaces.get(identity);
    if (earlier !== undefined) {
      source.error(
        place,
        `duplicate backend ${quote(backend.name)} in listener ${listenerName}; ` +
          `the first is on line ${earlier.line}, column ${earlier.column}`,
      );
    }
    reportItself(backend, place, listenerName, own, source);
    firstPlaces.set(identity, earlier ?? place);
    backends.push(backend);
  }
  // Only if every item could be read: a broken one may well have the weight that is missing here.
  if (items.length > 0 && backends.length === items.length) {
    checkPool(listener.key, backends, source);
  }
  return backends;
}

function reportItself(
  { address, name }: BackendSettings,
  place: Token,
  listenerName: string,
  own: OwnAddresses,
  source: Source,
): void {
  if (own.listener !== undefined && leadsTo(own.listener, address)) {
    source.error(
      place,
      `backend ${quote(name)} is listener ${listenerName} itself: ` +
        "every session would loop back to it",
    );
  }
  if (own.admin !== undefined && leadsTo(own.admin, address)) {
    source.error(
      place,
      `backend ${quote(name)} is Weir's admin API: ` +
        "every client of the listener could reach it",
    );
  }
}

/** Whether a connection to a backend arrives at an address that Weir itself is bound to. */
function leadsTo(own: Address, backend: Address): boolean {
  if (own.port !== backend.port) return false;
  const bound = canonicalHost(own.hostname);
  const written = canonicalHost(backend.hostname);
  const dialled = LOOPBACK_OF[written] ?? written;
  if (bound === dialled || bound === written) return true;
  if (bound === "0.0.0.0") return isLoopback(dialled) && dialled !== "::1";
  if (bound === "::") return isLoopback(dialled);
  return dialled === "localhost" && isLoopback(bound);
}

function checkPool(key: Token, backends: readonly BackendSettings[], source: Source): void {
  const name = quote(key.text);
  if (backends.every(({ weight }) => weight === 0)) {
    source.error(
      key,
      `every backend of listener ${name} has weight 0: at least one needs 1 or more`,
    );
  }
  if (backends.every(({ backup }) => backup)) {
    source.warning(key, `every backend of listener ${name} is a backup: the flag has no effect`);
  }
}

function readBackend(words: readonly Token[], source: Source): BackendSettings | undefined {
  const [place, ...flagWords] = words as [Token, ...Token[]];
  const flags = readFlags(flagWords, source);
  const { drain, maintenance, ...values } = flags.values;
  const mode = maintenance ? "maintenance" : drain ? "drain" : "ready";
  if (drain && maintenance) {
    source.error(place, `backend ${quote(place.text)} has both "drain" and "maintenance"`);
  }
  const weightFlag = flags.words.get("weight");
  if (place.text.startsWith(SERVICE_PREFIX)) {
    const hostname = readServiceName(place, source);
    if (weightFlag !== undefined) {
      source.error(
        weightFlag,
        `flag "weight" has no place here: DNS has the weights of the backends of a service`,
      );
    }
    if (hostname === undefined) return undefined;
    const name = place.text;
    const address = { hostname, port: 0 };
    return { name, kind: "service", address, candidates: [], ...values, mode };
  }
  if (place.text.includes("://")) {
    const example = 'such as "127.0.0.1:8080"';
    source.error(place, `${quote(place.text)} is a URL: expected ${BACKEND_FORM}, ${example}`);
    return undefined;
  }
  const parts = splitParts(place, 3, BACKEND_FORM, source);
  if (parts === undefined) return undefined;
  const [hostToken, portToken, weightToken] = parts as [Token, Token?, Token?];
  if (hostToken.text === "" || portToken === undefined || portToken.text === "") {
    const missing = hostToken.text === "" ? "host" : "port";
    source.error(place, `backend ${quote(place.text)} has no ${missing}: expected ${BACKEND_FORM}`);
    return undefined;
  }
  const host = readHost(hostToken, source);
  const port = readPort(portToken, source);
  const weight = weightToken === undefined ? values.weight : readWeight(weightToken, source);
  if (weightToken !== undefined && weightFlag !== undefined) {
    const both = `both ${quote(`:${weightToken.text}`)} and ${quote(weightFlag.text)}`;
    source.error(
      weightFlag,
      `backend ${quote(place.text)} has two weights, ${both}: expected one of them`,
    );
  }
  if (host === undefined || port === undefined || weight === undefined) return undefined;
  return {
    name: `${hostToken.text}:${port}`,
    kind: host.kind === "name" ? "host" : "address",
    address: { hostname: host.text, port },
    candidates: host.kind === "name" ? [] : [host.text],
    ...values,
    weight,
    mode,
  };
}

/** Reads `srv+_service._protocol.name`, and returns the part after the prefix. */
function readServiceName(token: Token, source: Source): string | undefined {
  const name = token.text.slice(SERVICE_PREFIX.length);
  if (/^_[\w-]+\._(tcp|udp)(\.[\w-]+)+\.?$/.test(name)) return name;
  source.error(token, `${quote(token.text)} is not a service name: expected ${SERVICE_FORM}`);
  return undefined;
}

function readWeight(token: Token, source: Source): number | undefined {
  const weight = WEIGHT.parse(token.text);
  if (weight.ok) return weight.value;
  source.error(token, `weight ${quote(token.text)} ${weight.problem}`);
  return undefined;
}
