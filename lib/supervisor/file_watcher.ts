import { loggerFor } from "../log/logging.ts";

/** A change is told when nothing further has happened for this long. */
const SETTLE_MS = 200;

/**
 * Tells when a file was changed.
 *
 * The folder is watched and not the file: editors write a new file and rename it over the old one,
 * and a watch on the old one would go with it. Names are compared by their last part, since a folder
 * may be reached by several paths.
 */
export class FileWatcher {
  readonly #file: string;
  readonly #onChange: () => void;
  #watcher: Deno.FsWatcher | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #content = "";

  constructor(file: string, onChange: () => void) {
    this.#file = file;
    this.#onChange = onChange;
  }

  /** Watches from now on, or does not any more. */
  set(active: boolean): void {
    if (active === (this.#watcher !== undefined)) return;
    if (active) void this.#watch();
    else this.close();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  async #watch(): Promise<void> {
    const cut = this.#file.lastIndexOf("/") + 1;
    const folder = this.#file.slice(0, cut) || ".";
    const name = this.#file.slice(cut);
    try {
      this.#content = readText(this.#file);
      const watcher = Deno.watchFs(folder, { recursive: false });
      this.#watcher = watcher;
      for await (const { paths } of watcher) {
        if (paths.some((path) => path.slice(path.lastIndexOf("/") + 1) === name)) this.#settle();
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      loggerFor("reload").error('Could not watch "{file}": {message}', {
        file: this.#file,
        message,
      });
      this.close();
    }
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // Reading a file, or saving it unchanged, is told by the system too.
      const content = readText(this.#file);
      if (content === this.#content) return;
      this.#content = content;
      this.#onChange();
    }, SETTLE_MS);
  }
}

/** The file's text; empty while it is not there, in the middle of a rename. */
function readText(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return "";
  }
}
