import { formatAddress } from "../../base/address.ts";
import { type AdminAddress, isExposed } from "../../config/admin_address.ts";
import type { HttpRequest } from "../server/http_request.ts";
import { Problem } from "../server/problem.ts";
import type { AccessTokens } from "./access_tokens.ts";
import type { Access, Permission } from "./route.ts";

const HTTP_PORT = "80";
/**
 * A name or an address, with or without a port: nothing that would become another part of a URL.
 */
const AUTHORITY = /^(\[[\da-f:.]+\]|[\w.-]*)(:\d{1,5})?$/i;

/** Without tokens, none is ever revoked. */
const { signal: NEVER } = new AbortController();
const EVERYTHING: Access = { rights: ["read", "write"], revoked: NEVER };
const NOTHING: Access = { rights: [], revoked: NEVER };

/**
 * Distinguishes requests made deliberately from those that a foreign page makes in a user's
 * browser.
 */
export class Guard {
  /** The authorities that a request may name; absent if any is allowed. */
  readonly #hosts: ReadonlySet<string> | undefined;
  /** An authority of the API itself. */
  readonly #name: string;
  readonly #tokens: AccessTokens | undefined;

  /** @param address where the API is bound, with the actual port */
  constructor(address: AdminAddress, tokens: AccessTokens | undefined) {
    this.#hosts = knownHosts(address);
    this.#name = address.kind === "tcp" ? formatAddress(address.address) : "localhost";
    this.#tokens = tokens;
  }

  /**
   * Returns the URL of a request for this API, or throws a {@linkcode Problem}. A foreign name that
   * resolves to loopback (DNS rebinding) shows in `Host`.
   */
  checkHost({ headers, target }: HttpRequest): URL {
    const host = headers.get("host");
    // HTTP/1.0 does not require one: then it is ours.
    const base = URL.parse(`http://${host || this.#name}`);
    // Anything that is not an authority would be parsed as part of the path.
    if (base === null || !AUTHORITY.test(host ?? "")) {
      throw new Problem(400, `Host is "${host}": expected a name or an address, with its port`);
    }
    const parsed = URL.parse(target.startsWith("/") ? base.origin + target : target);
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
      throw new Problem(400, `"${target}" is not a path: expected one such as "/api"`);
    }
    const hosts = this.#hosts;
    // A request line with an absolute URL names the host a second time.
    const foreign = [parsed.host, host ?? parsed.host].find((name) =>
      hosts !== undefined && !hosts.has(normalizeHost(name))
    );
    if (hosts === undefined || foreign === undefined) return parsed;
    throw new Problem(403, `Host "${foreign}" is foreign: expected ${[...hosts].join(", ")}`);
  }

  /**
   * Throws a {@linkcode Problem} if a foreign page has made a request: browsers say where a request
   * comes from.
   */
  checkOrigin({ headers }: HttpRequest, permission: Permission): void {
    const origin = headers.get("origin");
    const site = headers.get("sec-fetch-site");
    if (permission === "write") {
      if (origin !== null && !isOriginOf(headers.get("host") ?? this.#name, origin)) {
        throw new Problem(403, `Origin "${origin}" is foreign: only Weir's own pages may do this`);
      }
      if (site !== null && site !== "same-origin" && site !== "none") {
        throw new Problem(403, `Sec-Fetch-Site is "${site}": only Weir's own pages may do this`);
      }
    } else if (site === "cross-site" && headers.get("sec-fetch-mode") !== "navigate") {
      throw new Problem(
        403,
        'Sec-Fetch-Site is "cross-site": only Weir\'s own pages may read this',
      );
    }
  }

  /** Returns what a request may do, or throws a {@linkcode Problem} if that is not sufficient. */
  checkRights(request: HttpRequest, permission: Permission): Access {
    if (this.#tokens === undefined) return EVERYTHING;
    if (permission === "none") return NOTHING;
    const authorization = request.headers.get("authorization");
    const access = this.#tokens.find(authorization);
    if (access?.rights.includes(permission)) return access;
    if (access !== undefined) {
      throw new Problem(403, "The token grants read access only: this request changes something");
    }
    const challenge = 'Bearer realm="Weir"';
    throw authorization === null
      ? new Problem(401, 'Missing token: expected "Authorization: Bearer TOKEN"', {
        "www-authenticate": challenge,
      })
      : new Problem(401, "The token is unknown", {
        "www-authenticate": `${challenge}, error="invalid_token"`,
      });
  }
}

/**
 * Browsers cannot use a Unix socket, and an address that other machines can reach has names that
 * Weir cannot know: a token protects it.
 */
function knownHosts(address: AdminAddress): ReadonlySet<string> | undefined {
  if (address.kind !== "tcp" || isExposed(address)) return undefined;
  const { hostname, port } = address.address;
  return new Set(
    [hostname, "127.0.0.1", "localhost", "::1"].map((hostname) =>
      normalizeHost(formatAddress({ hostname, port }))
    ),
  );
}

/**
 * Whether pages of an authority have this origin, with `http` or `https`: a proxy in front of Weir
 * may use one with browsers and the other with Weir.
 */
function isOriginOf(host: string, origin: string): boolean {
  const url = URL.parse(origin);
  return url !== null && url.host !== "" &&
    URL.parse(`${url.protocol}//${host}`)?.host === url.host;
}

/** Returns an authority in canonical form, with its port; empty if it is not one. */
function normalizeHost(host: string): string {
  const url = URL.parse(`http://${host}`);
  return url === null || url.hostname === "" ? "" : `${url.hostname}:${url.port || HTTP_PORT}`;
}
