import { createHash, timingSafeEqual } from "node:crypto";
import { explainReadError } from "../../config/read_error.ts";
import { type FileToken, readTokenFile } from "../../config/token_file.ts";
import { loggerFor } from "../../log/logging.ts";
import type { Access, Right } from "./route.ts";

/** How often the file is checked while it is watched. */
const LOOK_INTERVAL_MS = 1_000;
/**
 * A file that changed this shortly before it was read may change again within the same tick of the
 * file system's clock.
 */
const SETTLED_AFTER_MS = 2_000;
/** The mode bits that grant access to anyone but the owner. */
const OTHERS = 0o077;

/** A token in the file, for as long as it is there. */
class KnownToken implements Access {
  readonly digest: Uint8Array;
  readonly rights: readonly Right[];
  readonly #revocation = new AbortController();

  constructor({ text, isReader }: FileToken) {
    this.digest = digestOf(text);
    this.rights = isReader ? ["read"] : ["read", "write"];
  }

  get revoked(): AbortSignal {
    return this.#revocation.signal;
  }

  revoke(): void {
    this.#revocation.abort();
  }

  isSameAs({ digest, rights }: KnownToken): boolean {
    return timingSafeEqual(digest, this.digest) && rights.length === this.rights.length;
  }
}

/**
 * The tokens of a file, one per line: `TOKEN` grants all rights, `read TOKEN` read access only.
 * Lines that begin with `#` or `;` are comments.
 *
 * While it is watched, the file is read again when it changes. A token that is no longer in it is
 * revoked; if the file is gone or cannot be used, there are no tokens, and nobody has access.
 */
export class AccessTokens {
  readonly #path: string;
  readonly #logger = loggerFor("admin");
  #tokens: readonly KnownToken[] = [];
  /** The state of the file when it was read; empty if it is to be read again in any case. */
  #stamp = "";
  /** The last problem with it, which is logged only once. */
  #problem = "";
  #isExposed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads a file. Rejects with an `Error` that says what is wrong with it, without quoting tokens.
   */
  static async open(path: string): Promise<AccessTokens> {
    const tokens = new AccessTokens(path);
    try {
      await tokens.#read(await Deno.stat(path));
    } catch (error) {
      const message = explainReadError(error, path);
      throw new Error(`Could not use admin_token_file "${path}": ${message}`);
    }
    return tokens;
  }

  /**
   * Returns the access that an `Authorization` header grants; `undefined` if it is not valid.
   *
   * The time that this takes reveals nothing about the tokens: digests are compared, each in full,
   * and always all of them.
   */
  find(authorization: string | null): Access | undefined {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (given === undefined) return undefined;
    const digest = digestOf(given);
    let found: Access | undefined;
    for (const token of this.#tokens) {
      if (timingSafeEqual(digest, token.digest)) found = token;
    }
    return found;
  }

  /** Watches the file until {@linkcode close}. */
  watch(): void {
    this.#timer = setTimeout(async () => {
      await this.#look();
      if (this.#timer !== undefined) this.watch();
    }, LOOK_INTERVAL_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    try {
      const info = await Deno.stat(this.#path);
      if (this.#stamp !== "" && this.#stamp === stampOf(info)) return;
      if (await this.#read(info)) {
        this.#logger.info("Reloaded admin_token_file {path}", { path: this.#path });
      }
      this.#problem = "";
    } catch (error) {
      this.#stamp = "";
      this.#use([]);
      const message = explainReadError(error, this.#path);
      if (message !== this.#problem) {
        this.#logger.error(
          "Could not read admin_token_file {path} again: {message}; nobody may use the admin API",
          { path: this.#path, message },
        );
      }
      this.#problem = message;
    }
  }

  /** Returns whether the tokens have changed. */
  async #read(info: Deno.FileInfo): Promise<boolean> {
    const tokens = await readTokenFile(this.#path);
    this.#stamp = isSettled(info) ? stampOf(info) : "";
    const isExposed = ((info.mode ?? 0) & OTHERS) !== 0;
    if (isExposed && !this.#isExposed) {
      this.#logger.warn("admin_token_file {path} can be read by others on this machine", {
        path: this.#path,
      });
    }
    this.#isExposed = isExposed;
    return this.#use(tokens.map((token) => new KnownToken(token)));
  }

  /** Takes over the tokens of the file. Returns whether they have changed. */
  #use(tokens: readonly KnownToken[]): boolean {
    const before = this.#tokens;
    this.#tokens = tokens.map((token) => before.find((known) => known.isSameAs(token)) ?? token);
    const gone = before.filter((token) => !this.#tokens.includes(token));
    for (const token of gone) token.revoke();
    return gone.length > 0 || this.#tokens.some((token) => !before.includes(token));
  }
}

/** Differs if the file was replaced, or anything about it has changed. */
function stampOf({ dev, ino, size, ctime, mtime, mode }: Deno.FileInfo): string {
  return [dev, ino, size, ctime?.getTime(), mtime?.getTime(), mode].join(" ");
}

function isSettled({ ctime, mtime }: Deno.FileInfo): boolean {
  const changedMs = (ctime ?? mtime)?.getTime() ?? Infinity;
  return Date.now() - changedMs > SETTLED_AFTER_MS;
}

function digestOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
