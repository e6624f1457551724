import { isIpv4 } from "../base/address.ts";
import { readHost, readPort, splitParts } from "./_host_port.ts";
import { LONGEST_SOCKET_PATH } from "./admin_address.ts";
import { WEIGHT } from "./backend_flags.ts";
import { quote } from "./quote.ts";
import { sliceToken, type Source, type Token } from "./source.ts";

/** The form of a backend on the right side, for messages and the reference. */
export const BACKEND_FORM = "host:port[:weight]";
/** The form of a backend that comes from DNS, for messages and the reference. */
export const SERVICE_FORM = "srv+_service._protocol.name";
/** The characters of a name, for messages and the reference. */
export const NAME_FORM = 'up to 64 ASCII letters, digits, ".", "_" and "-", beginning with a ' +
  "letter or digit, and with at least one letter";

/** What a place begins with if it stands for several backends, and what it then is. */
export const SOURCES = {
  "srv+": "a DNS service",
  "file+": "a list of backends in a file",
  "http+": "a list of backends at a URL",
  "https+": "a list of backends at a URL",
  "etcd+": "a list of backends in etcd",
  "k8s+": "a Kubernetes service",
  "consul+": "a Consul service",
} as const;
export type SourcePrefix = keyof typeof SOURCES;

const SOCKET_PREFIX = "unix:";
const NAME = /^(?=.*[a-z])[a-z0-9][a-z0-9._-]{0,63}$/i;
const SERVICE_NAME = /^_[\w-]+\._(tcp|udp)(\.[\w-]+)+\.?$/;
/** A name, possibly an invalid one: an "@" behind any of these characters is part of the place. */
const NAMED = /^([^@:/+["]*)@/;

interface Named {
  /** The label before the "@", if there is one and it is valid. */
  readonly name?: string;
  /** The place without its label and its quotation marks. */
  readonly text: Token;
}

/** A host with a port, `host:port` or `host:port:weight`. */
export interface HostPlace extends Named {
  readonly kind: "address" | "host";
  /** A host name or an IP address, without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** As written: `host:port`. */
  readonly authority: string;
  /** What follows the port, if anything does. */
  readonly weight?: number;
}

/** A Unix socket, `unix:PATH`. */
export interface SocketPlace extends Named {
  readonly kind: "unix";
  readonly path: string;
}

/** Where backends are looked up, such as `srv+_http._tcp.example`. */
export interface SourcePlace extends Named {
  readonly kind: "source";
  readonly prefix: SourcePrefix;
  /** What follows the prefix: not empty, and a service name behind `srv+`. */
  readonly rest: string;
}

/** Where connections go, or where it is looked up. */
export type Place = HostPlace | SocketPlace | SourcePlace;

/** Whether a word can only be a place, and not a flag that follows one. */
export function isPlace({ text }: Pick<Token, "text">): boolean {
  if (text.startsWith('"') || findPrefix(text) !== undefined || /^[^="]*@/.test(text)) return true;
  return text.includes(":") && !text.includes("=");
}

/**
 * Reads `[name@]place`, where the place is `host:port[:weight]`, `unix:PATH` or a prefix of
 * {@linkcode SOURCES} with what belongs to it. Double quotes may enclose all of it, or the part
 * after the "@"; they are necessary if it contains white space, a comma or "=".
 *
 * Knows nothing about what can be served: that is for the caller to decide.
 *
 * @returns `undefined` if there is no such place; the reason has been reported then. An invalid name
 * is reported, and the place returned without it.
 */
export function readPlace(word: Token, source: Source): Place | undefined {
  const isQuoted = word.text.startsWith('"');
  const whole = isQuoted ? unquote(word, source) : word;
  if (whole === undefined) return undefined;
  const { name, rest } = readName(whole, source);
  if (rest !== whole && rest.text === "") {
    const example = 'such as "127.0.0.1:8080"';
    source.error(whole, `nothing follows ${quote(whole.text)}: expected a place, ${example}`);
    return undefined;
  }
  const text = !isQuoted && rest.text.startsWith('"') ? unquote(rest, source) : rest;
  if (text === undefined) return undefined;
  const named = name === undefined ? { text } : { name, text };
  if (text.text.includes('"')) {
    source.error(
      word,
      `${quote(word.text)} has quotation marks inside: they enclose a whole place`,
    );
    return undefined;
  }
  const prefix = findPrefix(text.text);
  const isPlain = text === rest && !isQuoted;
  if (isPlain && text.text.includes("=") && prefix !== undefined) {
    source.error(word, `${quote(word.text)} contains "=": expected quotation marks around it`);
    return undefined;
  }
  if (prefix === SOCKET_PREFIX) return readSocket(named, source);
  if (prefix !== undefined) return readSource(named, prefix, source);
  return readHostPlace(named, source);
}

/**
 * Returns the text between a token's quotation marks, of which the first begins the token. Reports
 * one that is missing, and anything after the second.
 */
export function unquote(token: Token, source: Source): Token | undefined {
  const closing = token.text.indexOf('"', 1);
  if (closing === token.text.length - 1 && closing > 0) return sliceToken(token, 1, closing);
  if (closing === -1) {
    source.error(token, `${quote(token.text)} has no closing quotation mark`);
  } else {
    const rest = sliceToken(token, closing + 1);
    source.error(rest, `unexpected ${quote(rest.text)} after the closing quotation mark`);
  }
  return undefined;
}

function findPrefix(text: string): SourcePrefix | typeof SOCKET_PREFIX | undefined {
  if (text.startsWith(SOCKET_PREFIX)) return SOCKET_PREFIX;
  const prefix = /^[a-z0-9]{1,8}\+/.exec(text)?.[0];
  return prefix !== undefined && Object.hasOwn(SOURCES, prefix)
    ? prefix as SourcePrefix
    : undefined;
}

function readName(whole: Token, source: Source): { name?: string; rest: Token } {
  const written = NAMED.exec(whole.text)?.[1];
  if (written === undefined) return { rest: whole };
  const rest = sliceToken(whole, written.length + 1);
  if (NAME.test(written)) return { name: written, rest };
  const token = sliceToken(whole, 0, written.length);
  if (written === "") {
    source.error(sliceToken(whole, 0, 1), `missing name before "@": expected ${NAME_FORM}`);
  } else if (isIpv4(written)) {
    source.error(token, `name ${quote(written)} is an IP address: expected ${NAME_FORM}`);
  } else {
    source.error(token, `${quote(written)} cannot be a name: expected ${NAME_FORM}`);
  }
  return { rest };
}

function readSocket(named: Named, source: Source): SocketPlace | undefined {
  const { text } = named;
  const path = text.text.slice(SOCKET_PREFIX.length);
  const length = new TextEncoder().encode(path).length;
  if (length > 0 && length <= LONGEST_SOCKET_PATH && !path.includes("\0")) {
    return { ...named, kind: "unix", path };
  }
  const expected = `expected unix:PATH with a path of ${LONGEST_SOCKET_PATH} bytes at most`;
  const problem = length === 0
    ? "has no path"
    : length > LONGEST_SOCKET_PATH
    ? "is too long for a Unix socket"
    : "has a zero byte in its path";
  source.error(text, `${quote(text.text)} ${problem}: ${expected}`);
  return undefined;
}

function readSource(
  named: Named,
  prefix: SourcePrefix,
  source: Source,
): SourcePlace | undefined {
  const { text } = named;
  const rest = text.text.slice(prefix.length);
  if (prefix === "srv+" && !SERVICE_NAME.test(rest)) {
    source.error(text, `${quote(text.text)} is not a service name: expected ${SERVICE_FORM}`);
    return undefined;
  }
  if (rest === "") {
    source.error(text, `nothing follows ${quote(prefix)}: expected where ${SOURCES[prefix]} is`);
    return undefined;
  }
  return { ...named, kind: "source", prefix, rest };
}

function readHostPlace(named: Named, source: Source): HostPlace | undefined {
  const { text } = named;
  if (text.text.includes("://")) {
    const example = 'such as "127.0.0.1:8080"';
    source.error(text, `${quote(text.text)} is a URL: expected ${BACKEND_FORM}, ${example}`);
    return undefined;
  }
  const parts = splitParts(text, 3, BACKEND_FORM, source);
  if (parts === undefined) return undefined;
  const [hostToken, portToken, weightToken] = parts as [Token, Token?, Token?];
  if (hostToken.text === "" || portToken === undefined || portToken.text === "") {
    const missing = hostToken.text === "" ? "host" : "port";
    source.error(text, `backend ${quote(text.text)} has no ${missing}: expected ${BACKEND_FORM}`);
    return undefined;
  }
  const host = readHost(hostToken, source);
  const port = readPort(portToken, source);
  const weight = weightToken === undefined ? undefined : readWeight(weightToken, source);
  if (host === undefined || port === undefined) return undefined;
  if (weightToken !== undefined && weight === undefined) return undefined;
  return {
    ...named,
    kind: host.kind === "name" ? "host" : "address",
    hostname: host.text,
    port,
    authority: `${hostToken.text}:${port}`,
    ...(weight === undefined ? {} : { weight }),
  };
}

function readWeight(token: Token, source: Source): number | undefined {
  const weight = WEIGHT.parse(token.text);
  if (weight.ok) return weight.value;
  source.error(token, `weight ${quote(token.text)} ${weight.problem}`);
  return undefined;
}
