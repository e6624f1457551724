import { createHash, timingSafeEqual } from "node:crypto";
import { explainReadError } from "../config/read_error.ts";
import { readTokenFile } from "../config/token_file.ts";
import { loggerFor } from "../log/logging.ts";
import type { Right } from "./route.ts";

/** The file is looked at so often at most. */
const LOOK_INTERVAL_MS = 1_000;

interface KnownToken {
  readonly digest: Uint8Array;
  readonly rights: readonly Right[];
}

/**
 * The tokens of a file, one in a line: `TOKEN` may do everything, `read TOKEN` may only look. Lines
 * that begin with `#` or `;` are comments. The file is read again when it has changed; one that cannot be
 * used any more changes nothing.
 */
export class AccessTokens {
  readonly #path: string;
  readonly #logger = loggerFor("admin");
  #tokens: readonly KnownToken[];
  #modifiedMs: number;
  #lookedMs = performance.now();

  private constructor(path: string, tokens: readonly KnownToken[], modifiedMs: number) {
    this.#path = path;
    this.#tokens = tokens;
    this.#modifiedMs = modifiedMs;
  }

  /** Reads a file. Rejects with an `Error` that says what is wrong with it, and no token. */
  static async open(path: string): Promise<AccessTokens> {
    try {
      const { mtime, mode } = await Deno.stat(path);
      const tokens = await readTokens(path);
      if (mode !== null && (mode & 0o077) !== 0) {
        loggerFor("admin").warn("admin_token_file {path} can be read by others on this machine", {
          path,
        });
      }
      return new AccessTokens(path, tokens, mtime?.getTime() ?? 0);
    } catch (error) {
      throw new Error(`Could not use admin_token_file "${path}": ${explainReadError(error, path)}`);
    }
  }

  /**
   * Gives the rights that an `Authorization` header stands for; none where it is wrong.
   *
   * The time that this takes says nothing about the tokens: digests are compared, each as a whole,
   * and always all of them.
   */
  async rightsOf(authorization: string | null): Promise<readonly Right[]> {
    await this.#look();
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (given === undefined) return [];
    const digest = digestOf(given);
    let rights: readonly Right[] = [];
    for (const token of this.#tokens) {
      if (timingSafeEqual(digest, token.digest)) rights = token.rights;
    }
    return rights;
  }

  async #look(): Promise<void> {
    if (performance.now() - this.#lookedMs < LOOK_INTERVAL_MS) return;
    this.#lookedMs = performance.now();
    try {
      const modifiedMs = (await Deno.stat(this.#path)).mtime?.getTime() ?? 0;
      if (modifiedMs === this.#modifiedMs) return;
      this.#tokens = await readTokens(this.#path);
      this.#modifiedMs = modifiedMs;
      this.#logger.info("admin_token_file {path} was read again", { path: this.#path });
    } catch (error) {
      this.#logger.error("Could not read admin_token_file {path} again: {message}", {
        path: this.#path,
        message: explainReadError(error, this.#path),
      });
    }
  }
}

async function readTokens(path: string): Promise<readonly KnownToken[]> {
  return (await readTokenFile(path)).map(({ text, isReader }) => ({
    digest: digestOf(text),
    rights: isReader ? ["read"] : ["read", "write"],
  }));
}

function digestOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
