import { type Address, canonicalHost, formatAddress, isLoopback } from "../base/address.ts";
import type { Steps } from "../base/steps.ts";
import { splitItems } from "./_backend_items.ts";
import { type ReadFlags, readFlags } from "./_flag_words.ts";
import type { IniEntry } from "./ini.ts";
import {
  BACKEND_FORM,
  type HostPlace,
  readPlace,
  SERVICE_FORM,
  type SourcePlace,
  SOURCES,
} from "./place.ts";
import { quote } from "./quote.ts";
import type { BackendSettings } from "./settings.ts";
import type { Source, Token } from "./source.ts";

const NOT_YET = `which is not supported yet: expected ${BACKEND_FORM} or ${SERVICE_FORM}`;
/** Where a connection to the wildcard address arrives. */
const LOOPBACK_OF: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** Addresses that a backend must not have: a connection there would come back to Weir itself. */
export interface OwnAddresses {
  /** Where the listeners are bound that use the backends. */
  readonly listeners: readonly { readonly name: string; readonly address: Address }[];
  /** Where the admin API is bound; absent if it is off. */
  readonly admin: Address | undefined;
}

/**
 * Reads a list of backends, the right side of a mapping or of `backends`, and reports every mistake
 * in it.
 *
 * @param owner What the backends belong to, in words: `listener "24003"`, or `pool "app"`.
 * @param most The maximum number of backends; anything after them is not read.
 * @returns The valid backends; their `candidates` are empty if the host is a name.
 */
export function* readBackends(
  entry: IniEntry,
  owner: string,
  own: OwnAddresses,
  most: number,
  source: Source,
): Steps<BackendSettings[]> {
  if (entry.value.length === 0) {
    const form = `expected ${BACKEND_FORM}, such as "127.0.0.1:8080"`;
    source.error(entry.key, `${owner} has no backend: ${form}`);
    return [];
  }
  const items = yield* splitItems(entry, most, source);
  const firstPlaces = new Map<string, Token>();
  const firstNames = new Map<string, Token>();
  const backends: BackendSettings[] = [];
  for (const words of items) {
    yield;
    const backend = readBackend(words, source);
    if (backend === undefined) continue;
    const identity = backend.kind === "address" ? backend.id : backend.id.toLowerCase();
    const [place] = words as [Token];
    const earlier = firstPlaces.get(identity);
    if (earlier !== undefined) {
      source.error(
        place,
        `duplicate backend ${quote(backend.name)} in ${owner}; ` +
          `the first is on line ${earlier.line}, column ${earlier.column}`,
      );
    }
    const namesake = firstNames.get(backend.name);
    if (namesake !== undefined && namesake !== earlier) {
      source.error(
        place,
        `duplicate name ${quote(backend.name)} in ${owner}; ` +
          `the first is on line ${namesake.line}, column ${namesake.column}`,
      );
    }
    reportItself(backend, place, own, source);
    firstPlaces.set(identity, earlier ?? place);
    firstNames.set(backend.name, namesake ?? place);
    backends.push(backend);
  }
  // Only if every item could be read: a broken one may well have the weight that is missing here.
  if (items.length > 0 && backends.length === items.length) {
    checkPool(entry.key, owner, backends, source);
  }
  return backends;
}

function reportItself(
  { address, name }: BackendSettings,
  place: Token,
  own: OwnAddresses,
  source: Source,
): void {
  const itself = own.listeners.find((listener) => leadsTo(listener.address, address));
  if (itself !== undefined) {
    source.error(
      place,
      `backend ${quote(name)} is listener ${quote(itself.name)} itself: ` +
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

function checkPool(
  key: Token,
  owner: string,
  backends: readonly BackendSettings[],
  source: Source,
): void {
  if (backends.every(({ weight }) => weight === 0)) {
    source.error(
      key,
      `every backend of ${owner} has weight 0: at least one needs 1 or more`,
    );
  }
  if (backends.every(({ backup }) => backup)) {
    source.warning(key, `every backend of ${owner} is a backup: the flag has no effect`);
  }
}

function readBackend(words: readonly Token[], source: Source): BackendSettings | undefined {
  const [word, ...flagWords] = words as [Token, ...Token[]];
  const flags = readFlags(flagWords, source);
  const { drain, maintenance } = flags.values;
  if (drain && maintenance) {
    source.error(word, `backend ${quote(word.text)} has both "drain" and "maintenance"`);
  }
  const place = readPlace(word, source);
  if (place === undefined) return undefined;
  const { text } = place;
  if (place.kind === "unix") {
    source.error(text, `${quote(text.text)} is a Unix socket, ${NOT_YET}`);
    return undefined;
  }
  if (place.kind === "source" && place.prefix !== "srv+") {
    source.error(text, `${quote(text.text)} is ${SOURCES[place.prefix]}, ${NOT_YET}`);
    return undefined;
  }
  return place.kind === "source"
    ? serviceBackend(place, flags, source)
    : hostBackend(place, flags, source);
}

function serviceBackend(
  { name, text, rest }: SourcePlace,
  { values, words }: ReadFlags,
  source: Source,
): BackendSettings {
  const weightFlag = words.get("weight");
  if (weightFlag !== undefined) {
    source.error(
      weightFlag,
      'flag "weight" does not apply to a DNS service: its records have the weights',
    );
  }
  return {
    id: text.text,
    name: name ?? text.text,
    kind: "service",
    address: { hostname: rest, port: 0 },
    candidates: [],
    ...settingsOf(values),
  };
}

function hostBackend(
  { kind, name, text, hostname, port, authority, weight }: HostPlace,
  { values, words }: ReadFlags,
  source: Source,
): BackendSettings {
  const weightFlag = words.get("weight");
  if (weight !== undefined && weightFlag !== undefined) {
    source.error(
      weightFlag,
      `backend ${quote(text.text)} has two weights, ":${weight}" and ${quote(weightFlag.text)}: ` +
        "expected only one of them",
    );
  }
  return {
    id: kind === "host" ? authority : formatAddress({ hostname: canonicalHost(hostname), port }),
    name: name ?? authority,
    kind,
    address: { hostname, port },
    candidates: kind === "host" ? [] : [hostname],
    ...settingsOf(values),
    ...(weight === undefined ? {} : { weight }),
  };
}

/** The settings of a backend that its flags determine. */
function settingsOf(
  { drain, maintenance, ...values }: ReadFlags["values"],
): Pick<BackendSettings, "weight" | "backup" | "maxConnections" | "mode"> {
  return { ...values, mode: maintenance ? "maintenance" : drain ? "drain" : "ready" };
}
