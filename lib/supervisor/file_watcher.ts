import { MOST_BYTES } from "../config/file_text.ts";

/** How often the file is checked. */
const LOOK_MS = 250;

/**
 * Notices when the content of a file changes.
 *
 * It polls rather than relying on notifications from the system: what those report depends on how
 * the file is replaced (by a rename, behind one or more symbolic links, in a folder that is
 * re-created) and on the file system. As long as nothing changes, a poll costs one system call.
 */
export class FileWatcher {
  readonly #file: string;
  readonly #onChange: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The version at the last poll; absent where there was no file. */
  #seen: string | undefined;
  /** The version whose content was last read. */
  #known: string | undefined;
  /** Its text; its version instead where the text is too long or cannot be read. */
  #content = "";

  /** The file as it is now counts as unchanged. */
  constructor(file: string, onChange: () => void) {
    this.#file = file;
    this.#onChange = onChange;
    this.takeNote();
  }

  /** Starts or stops watching. */
  set(active: boolean): void {
    if (!active) this.close();
    else if (this.#timer === undefined) this.#lookLater();
  }

  /** Treats the file as it is now as unchanged: the caller is about to read it. */
  takeNote(): void {
    try {
      const info = Deno.statSync(this.#file);
      this.#known = versionOf(info);
      // A pipe can be read only once, by its intended reader; anyone else would block.
      const isReadable = info.isFile && info.size <= MOST_BYTES;
      this.#content = isReadable ? Deno.readTextFileSync(this.#file) : this.#known;
    } catch {
      this.#content = "";
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lookLater(): void {
    const timer = setTimeout(async () => {
      const version = await Deno.stat(this.#file).then(versionOf, versionOfError);
      // It may have been stopped meanwhile, and even started again.
      if (this.#timer !== timer) return;
      this.#lookLater();
      this.#take(version);
    }, LOOK_MS);
    this.#timer = timer;
  }

  #take(version: string | undefined): void {
    // A file that is being written differs at the next poll, or is missing for a moment.
    const isSettled = version !== undefined && version === this.#seen;
    this.#seen = version;
    if (!isSettled || version === this.#known) return;
    this.#known = version;
    const before = this.#content;
    this.takeNote();
    if (this.#content !== before) this.#onChange();
  }
}

/** A text that differs whenever the file differs. */
function versionOf({ dev, ino, size, mtime, ctime }: Deno.FileInfo): string {
  return [dev, ino, size, mtime?.getTime(), ctime?.getTime()].join(" ");
}

/**
 * `undefined` for a file that does not exist; one that cannot be read is reported by the reload.
 */
function versionOfError(error: unknown): string | undefined {
  return error instanceof Deno.errors.NotFound ? undefined : String(error);
}
