import { formatAddress } from "../base/address.ts";
import { type AdminAddress, isExposed } from "../config/admin_address.ts";
import type { AccessTokens } from "./access_tokens.ts";
import { Problem } from "./problem.ts";
import type { Permission, Right } from "./route.ts";

const HTTP_PORT = "80";

/** Tells the requests that somebody meant to make from those that a foreign page makes for them. */
export class Guard {
  /** The authorities that a request may be for; absent where any may be. */
  readonly #hosts: ReadonlySet<string> | undefined;
  readonly #tokens: AccessTokens | undefined;

  /** @param address where the API is bound, with the port that it has got */
  constructor(address: AdminAddress, tokens: AccessTokens | undefined) {
    this.#hosts = knownHosts(address);
    this.#tokens = tokens;
  }

  /**
   * Lets a request pass that is for this API and not from a foreign page, or throws a
   * {@linkcode Problem}. A foreign name that leads to loopback (DNS rebinding) shows in `Host`; a
   * foreign page, in what browsers say about the origin.
   */
  checkOrigin(request: Request, permission: Permission): void {
    const { headers, url } = request;
    const host = headers.get("host") ?? new URL(url).host;
    if (this.#hosts !== undefined && !this.#hosts.has(normalizeHost(host))) {
      throw new Problem(
        403,
        `Host "${host}" is foreign: expected ${[...this.#hosts].join(", ")}`,
      );
    }
    const origin = headers.get("origin");
    const site = headers.get("sec-fetch-site");
    if (permission === "write") {
      if (origin !== null && hostOf(origin) !== normalizeHost(host)) {
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

  /** Gives the rights of a request, or throws a {@linkcode Problem} where they do not suffice. */
  async checkRights(request: Request, permission: Permission): Promise<readonly Right[]> {
    if (this.#tokens === undefined) return ["read", "write"];
    if (permission === "none") return [];
    const authorization = request.headers.get("authorization");
    const rights = await this.#tokens.rightsOf(authorization);
    if (rights.includes(permission)) return rights;
    if (rights.length > 0) {
      throw new Problem(403, "The token may only look: this changes something");
    }
    const challenge = 'Bearer realm="Weir"';
    throw authorization === null
      ? new Problem(401, 'There is no token: expected "Authorization: Bearer TOKEN"', {
        "www-authenticate": challenge,
      })
      : new Problem(401, "The token is unknown", {
        "www-authenticate": `${challenge}, error="invalid_token"`,
      });
  }
}

/**
 * Behind a Unix socket no browser comes in, and an address that other machines reach has names that
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

/** Writes an authority in one way, with its port. */
function normalizeHost(host: string): string {
  return hostOf(`http://${host}`);
}

/** The authority of a URL, with its port; empty where there is none, as in the origin "null". */
function hostOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || url.hostname === "") return "";
  const isSecure = url.protocol === "https:";
  return `${url.hostname}:${url.port === "" ? (isSecure ? "443" : HTTP_PORT) : url.port}`;
}
