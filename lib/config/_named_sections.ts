import type { Address } from "../base/address.ts";
import type { Steps } from "../base/steps.ts";
import type { IniEntry, IniSection } from "./ini.ts";
import { LISTENER_FORM, readListenerAddress } from "./_listener_key.ts";
import { type OptionValues, readOptions } from "./_options.ts";
import { BACKEND_FORM } from "./place.ts";
import { quote } from "./quote.ts";
import type { Scope } from "./schema.ts";
import type { NamedSection } from "./_sections.ts";
import { sliceToken, type Source, type Token } from "./source.ts";

/** The most addresses that one listener may have. */
const MOST_ADDRESSES = 64;
/** What a name may be: it is a part of labels, paths and commands, and no port. */
const NAME = /^(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What a `[listener NAME]` says. */
export interface ListenerSection {
  readonly name: string;
  readonly addresses: readonly { readonly place: Token; readonly address: Address }[];
  /** The name of its pool; absent if that could not be read. */
  readonly pool: Token | undefined;
  readonly values: OptionValues;
}

/** What a `[pool NAME]` says. */
export interface PoolSection {
  readonly name: string;
  /** Its list of backends; absent if there is none. */
  readonly backends: IniEntry | undefined;
  readonly values: OptionValues;
}

/** Reads a `[listener NAME]`, and reports every mistake in it. */
export function* readListenerSection(
  { key, section }: NamedSection,
  source: Source,
): Steps<ListenerSection> {
  checkName("listener", key, source);
  const { own, values } = yield* split(section, ["listen", "pool"], "listener", source);
  const listen = own.get("listen");
  if (listen === undefined) {
    const form = `expected "listen = …", with ${LISTENER_FORM}`;
    source.error(key, `listener ${quote(key.text)} has no address: ${form}`);
  }
  const places = listen === undefined ? [] : listAddresses(listen, source);
  const addresses = places.flatMap((place) => {
    const address = readListenerAddress(place, source);
    return address === undefined ? [] : [{ place, address }];
  });
  const pool = own.get("pool");
  if (pool === undefined) {
    const form = 'expected "pool = NAME", and a section [pool NAME]';
    source.error(key, `listener ${quote(key.text)} has no pool: ${form}`);
  }
  return { name: key.text, addresses, pool: pool && readWord(pool, source), values };
}

/** Reads a `[pool NAME]`, and reports every mistake in it but those in its backends. */
export function* readPoolSection(
  { key, section }: NamedSection,
  source: Source,
): Steps<PoolSection> {
  checkName("pool", key, source);
  const { own, values } = yield* split(section, ["backends"], "pool", source);
  const backends = own.get("backends");
  if (backends === undefined) {
    const form = `expected "backends = …", with ${BACKEND_FORM}`;
    source.error(key, `pool ${quote(key.text)} has no backend: ${form}`);
  }
  return { name: key.text, backends, values };
}

function checkName(kind: string, name: Token, source: Source): void {
  if (NAME.test(name.text)) return;
  source.error(
    name,
    `${
      quote(name.text)
    } cannot be the name of a ${kind}: expected up to 64 letters, digits, ".", "_" ` +
      'or "-", the first of them a letter or a digit, and not digits alone',
  );
}

/** Takes the entries that are no options out of a section, and reads the others. */
function* split(
  section: IniSection,
  keys: readonly string[],
  scope: Scope,
  source: Source,
): Steps<{ readonly own: ReadonlyMap<string, IniEntry>; readonly values: OptionValues }> {
  const own = section.entries.filter(({ key }) => keys.includes(key.text));
  const entries = section.entries.filter(({ key }) => !keys.includes(key.text));
  const values = yield* readOptions([{ ...section, entries }], [scope], source);
  return { own: new Map(own.map((entry) => [entry.key.text, entry])), values };
}

/** Splits a list of addresses at its commas. */
function listAddresses({ key, value }: IniEntry, source: Source): Token[] {
  const places: Token[] = [];
  let isPlaceNext = true;
  for (const line of value) {
    for (const { 0: text, index } of line.text.matchAll(/,|[^\s,]+/g)) {
      const word = sliceToken(line, index, index + text.length);
      if (text === ",") {
        if (isPlaceNext) source.error(word, 'missing address before ","');
        isPlaceNext = true;
        continue;
      }
      if (!isPlaceNext) source.error(word, `missing "," before ${quote(text)}`);
      isPlaceNext = false;
      places.push(word);
    }
  }
  if (places.length === 0) {
    source.error(key, `"listen" has no value: expected ${LISTENER_FORM}`);
  } else if (isPlaceNext) {
    source.error(places.at(-1), 'a "," at the end, and no address after it');
  }
  const surplus = places[MOST_ADDRESSES];
  if (surplus !== undefined) {
    source.error(surplus, `a listener may have ${MOST_ADDRESSES} addresses, and this is one more`);
  }
  return places.slice(0, MOST_ADDRESSES);
}

function readWord({ key, value }: IniEntry, source: Source): Token | undefined {
  const [word, second] = value;
  if (word === undefined) {
    source.error(key, `"${key.text}" has no value: expected a name`);
    return undefined;
  }
  if (second !== undefined) source.error(second, `the value of "${key.text}" must be on one line`);
  return word;
}
