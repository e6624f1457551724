import type { Address } from "../base/address.ts";
import { closestWord } from "../base/closest_word.ts";
import { readHost, readPort, splitParts } from "./_host_port.ts";
import { quote } from "./quote.ts";
import { KNOWN_KEYS } from "./schema.ts";
import type { Source, Token } from "./source.ts";

/** The left side of a mapping, for messages and the reference. */
export const LISTENER_FORM = "port, address:port, [IPv6 address]:port or *:port";

/** Whether a key in `[mappings]` is one for `[options]`, or nearly; reports it if so. */
export function isMisplacedKey(key: Token, source: Source): boolean {
  const names = KNOWN_KEYS.map(({ name }) => name);
  if (names.includes(key.text)) {
    source.error(key, `key "${key.text}" belongs in [options], not in [mappings]`);
    return true;
  }
  const meant = /^[a-z_-]+$/i.test(key.text) ? closestWord(key.text, names) : undefined;
  if (meant === undefined) return false;
  const advice = `did you mean "${meant}", which belongs in [options]?`;
  source.error(key, `${quote(key.text)} is not a listener; ${advice}`);
  return true;
}

/** Reads the left side of a mapping, or reports what is wrong with it. */
export function readListenerAddress(key: Token, source: Source): Address | undefined {
  const parts = splitParts(key, 2, LISTENER_FORM, source);
  if (parts === undefined) return undefined;
  const [host, portAfterHost] = parts as [Token, Token | undefined];
  const isIncomplete = host.text === "" || portAfterHost?.text === "";
  if (isIncomplete || portAfterHost === undefined && !/^\d+$/.test(key.text)) {
    source.error(key, `${quote(key.text)} is not a listener: expected ${LISTENER_FORM}`);
    return undefined;
  }
  const hostname = portAfterHost === undefined ? "0.0.0.0" : readListenerHost(host, source);
  const port = readPort(portAfterHost ?? host, source);
  return hostname === undefined || port === undefined ? undefined : { hostname, port };
}

function readListenerHost(token: Token, source: Source): string | undefined {
  if (token.text === "*") return "0.0.0.0";
  if (token.text === "localhost") return "127.0.0.1";
  const host = readHost(token, source);
  if (host?.kind !== "name") return host?.text;
  source.error(
    token,
    `${quote(token.text)} is a host name, but a listener is bound to an address: ` +
      'expected an IP address, "localhost" or "*"',
  );
  return undefined;
}
