import { dirname } from "node:path";
import { listMatching } from "../config/list_matching.ts";
import type { ReadFiles } from "../config/read_configuration.ts";
import { WatchedFile } from "./_watched_file.ts";

/** How often the files are checked. */
const LOOK_MS = 250;
/** How many files are checked each time; if there are more, they take turns. */
const MOST_LOOKS = 64;
/** After so many checks a folder is listed even if it seems to be unchanged. */
const LOOKS_PER_LISTING = 8;

/**
 * Notices when the content of the configuration's files changes, and when a file appears or goes
 * that its `include` matches.
 *
 * It polls rather than relying on notifications from the system: what those report depends on how
 * the file is replaced (by a rename, behind one or more symbolic links, in a folder that is
 * re-created) and on the file system. As long as nothing changes, a poll costs one system call for
 * each file, and for at most 64 of them.
 */
export class FileWatcher {
  readonly #onChange: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watched: Watched;

  /** @param files what counts as unchanged */
  constructor(files: ReadFiles, onChange: () => void) {
    this.#watched = new Watched(files);
    this.#onChange = onChange;
  }

  /** Starts or stops watching. */
  set(active: boolean): void {
    if (!active) this.close();
    else if (this.#timer === undefined) this.#lookLater();
  }

  /** Watches these files instead of the earlier ones; what was read counts as unchanged. */
  watch(files: ReadFiles): void {
    this.#watched = new Watched(files);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lookLater(): void {
    const timer = setTimeout(async () => {
      const watched = this.#watched;
      const hasChanged = await watched.look();
      // It may have been stopped meanwhile, and even started again.
      if (this.#timer !== timer) return;
      this.#lookLater();
      // Or the files were read again, and those are unchanged.
      if (hasChanged && this.#watched === watched) this.#onChange();
    }, LOOK_MS);
    this.#timer = timer;
  }
}

/** The files of one configuration. */
class Watched {
  readonly #files: Map<string, WatchedFile>;
  readonly #pattern: string | undefined;
  /** The next file to check. */
  #next = 0;
  #folderVersion = "";
  #looks = 0;

  constructor({ texts, unread = [], pattern }: ReadFiles) {
    this.#pattern = pattern;
    // Only the configuration file itself is not included by another.
    const [main] = texts.keys();
    this.#files = new Map(
      Array.from(texts, ([path, text]) => [
        path,
        new WatchedFile(path, text, { mayGo: path !== main }),
      ]),
    );
    for (const path of unread) {
      this.#files.set(path, new WatchedFile(path, undefined, { isUnread: true, mayGo: true }));
    }
  }

  /** Returns whether one of the files that are due has changed. */
  async look(): Promise<boolean> {
    if (this.#pattern !== undefined) await this.#list(this.#pattern);
    const results = await Promise.all(this.#due().map((file) => file.look()));
    return results.includes(true);
  }

  #due(): readonly WatchedFile[] {
    const files = [...this.#files.values()];
    if (files.length <= MOST_LOOKS) return files;
    const start = this.#next % files.length;
    this.#next = start + MOST_LOOKS;
    return [...files, ...files].slice(start, this.#next);
  }

  /** Adds files that have appeared. Those that have gone are noticed as such. */
  async #list(pattern: string): Promise<void> {
    const version = await Deno.stat(dirname(pattern))
      .then(({ ino, mtime }) => `${ino} ${mtime?.getTime()}`, String);
    if (this.#looks++ % LOOKS_PER_LISTING !== 0 && version === this.#folderVersion) return;
    this.#folderVersion = version;
    // What is wrong with the folder is reported by the next reload.
    const paths = await listMatching(pattern).catch(() => []);
    for (const path of paths) {
      if (this.#files.has(path)) continue;
      this.#files.set(path, new WatchedFile(path, undefined, { mayGo: true }));
    }
  }
}
