import { MOST_BYTES, readFileText } from "../config/file_text.ts";

export interface WatchedFileOptions {
  /** Whether it was not read, so that whatever it contains counts as unchanged. @default {false} */
  readonly isUnread?: boolean;
  /**
   * Whether its absence is a change, rather than a moment between two versions. @default {false}
   */
  readonly mayGo?: boolean;
}

/** A file, and whether it has changed since it was last read. */
export class WatchedFile {
  readonly path: string;
  readonly #isUnread: boolean;
  readonly #mayGo: boolean;
  /** The version at the last look; `undefined` where there was no file. */
  #seen: string | undefined;
  /** The version whose content is known. */
  #known: string | undefined;
  /** Its text; its version instead if it is too long or no regular file; else `undefined`. */
  #content: string | undefined;

  /** @param text what was read last; absent if it could not be read, or did not exist */
  constructor(path: string, text: string | undefined, options: WatchedFileOptions = {}) {
    this.path = path;
    this.#content = text;
    this.#isUnread = options.isUnread ?? false;
    this.#mayGo = options.mayGo ?? false;
  }

  /**
   * Returns whether the content has changed. A file has to be the same twice in a row before it is
   * read: one that is being written, or replaced, is left alone until then. Never rejects.
   */
  async look(): Promise<boolean> {
    const info = await Deno.stat(this.path).catch((error) => describeError(error));
    const version = typeof info === "string" ? info : versionOf(info);
    const isSettled = version === this.#seen;
    this.#seen = version;
    if (!isSettled || version === this.#known || (version === ABSENT && !this.#mayGo)) return false;
    const isFirst = this.#known === undefined;
    this.#known = version;
    const content = await this.#read(info, version, isFirst);
    const hasChanged = content !== this.#content;
    this.#content = content;
    return hasChanged && !(isFirst && this.#isUnread);
  }

  async #read(
    info: Deno.FileInfo | string,
    version: string,
    isFirst: boolean,
  ): Promise<string | undefined> {
    if (typeof info === "string") return undefined;
    if (info.isFile && info.size <= MOST_BYTES) {
      return await readFileText(this.path).then(({ text }) => text, () => undefined);
    }
    // A pipe can be read only once, by its intended reader; anyone else would block.
    return isFirst ? this.#content : version;
  }
}

const ABSENT = "absent";

/** A text that differs whenever the file differs. */
function versionOf({ dev, ino, size, mtime, ctime }: Deno.FileInfo): string {
  return [dev, ino, size, mtime?.getTime(), ctime?.getTime()].join(" ");
}

function describeError(error: unknown): string {
  return error instanceof Deno.errors.NotFound ? ABSENT : String(error);
}
