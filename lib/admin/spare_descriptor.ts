/**
 * A descriptor that is kept for the moment when there is no other one left: given up, it lets a
 * connection be accepted and closed, instead of waiting in the queue for an answer that never comes.
 */
export class SpareDescriptor implements Disposable {
  readonly #path: string;
  #file: Deno.FsFile | undefined;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Takes the first of some files that may be opened; nothing where none may. */
  static open(paths: readonly string[]): SpareDescriptor | undefined {
    for (const path of paths) {
      const file = openFile(path);
      if (file !== undefined) return new SpareDescriptor(path, file);
    }
    return undefined;
  }

  /** Gives it up. Tells whether there was one to give up. */
  release(): boolean {
    if (this.#file === undefined) return false;
    this.#file.close();
    this.#file = undefined;
    return true;
  }

  /** Takes one again where there is none. Tells whether there is one now. */
  restore(): boolean {
    this.#file ??= openFile(this.#path);
    return this.#file !== undefined;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function openFile(path: string): Deno.FsFile | undefined {
  try {
    // A named pipe would keep the whole thread waiting for somebody who writes into it.
    const { isFile, isCharDevice } = Deno.statSync(path);
    return isFile || isCharDevice ? Deno.openSync(path) : undefined;
  } catch {
    return undefined;
  }
}
