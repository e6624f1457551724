import { MOST_BYTES } from "../config/file_text.ts";

/** How often the file is looked at. */
const LOOK_MS = 250;

/**
 * Tells when a file has other content than before.
 *
 * It looks again and again rather than to be told by the system: what that tells depends on how the
 * file is replaced (by a rename, behind a symbolic link or several, in a folder that is made anew)
 * and on the file system. As long as nothing changes, a look is one system call.
 */
export class FileWatcher {
  readonly #file: string;
  readonly #onChange: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The file at the last look; absent where there was none. */
  #seen: string | undefined;
  /** The file when its content was last read. */
  #known: string | undefined;
  /** Its text; its version where that is too long, or cannot be had. */
  #content = "";

  /** The file as it is now counts as known. */
  constructor(file: string, onChange: () => void) {
    this.#file = file;
    this.#onChange = onChange;
    this.takeNote();
  }

  /** Watches from now on, or does not any more. */
  set(active: boolean): void {
    if (!active) this.close();
    else if (this.#timer === undefined) this.#lookLater();
  }

  /** Takes the file as it is now for known: somebody else is about to read it. */
  takeNote(): void {
    try {
      const info = Deno.statSync(this.#file);
      this.#known = versionOf(info);
      // A pipe gives what it has once, to whom it is meant for, and lets everybody else wait.
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
      // It may have been closed meanwhile, and even begun again.
      if (this.#timer !== timer) return;
      this.#lookLater();
      this.#take(version);
    }, LOOK_MS);
    this.#timer = timer;
  }

  #take(version: string | undefined): void {
    // A file that is being written is another one at the next look, or has gone for a moment.
    const isSettled = version !== undefined && version === this.#seen;
    this.#seen = version;
    if (!isSettled || version === this.#known) return;
    this.#known = version;
    const before = this.#content;
    this.takeNote();
    if (this.#content !== before) this.#onChange();
  }
}

/** Is another text whenever the file is another one. */
function versionOf({ dev, ino, size, mtime, ctime }: Deno.FileInfo): string {
  return [dev, ino, size, mtime?.getTime(), ctime?.getTime()].join(" ");
}

/** Nothing for a file that is not there; one that cannot be read is for the reload to report. */
function versionOfError(error: unknown): string | undefined {
  return error instanceof Deno.errors.NotFound ? undefined : String(error);
}
