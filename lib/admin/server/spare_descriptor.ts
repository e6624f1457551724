/**
 * A descriptor that is kept in reserve for when there are no others left: releasing it makes it
 * possible to accept and close a connection, which would otherwise wait in the queue for an answer
 * that never comes.
 */
export class SpareDescriptor implements Disposable {
  readonly #path: string;
  #file: Deno.FsFile | undefined;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Opens the first of some files that can be opened; returns `undefined` if none can. */
  static open(paths: readonly string[]): SpareDescriptor | undefined {
    for (const path of paths) {
      const file = openFile(path);
      if (file !== undefined) return new SpareDescriptor(path, file);
    }
    return undefined;
  }

  /** Releases it. Returns whether there was one to release. */
  release(): boolean {
    if (this.#file === undefined) return false;
    this.#file.close();
    this.#file = undefined;
    return true;
  }

  /** Opens it again if it was released. Returns whether there is one now. */
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
    // Opening a named pipe would block the whole thread until it has a writer.
    const { isFile, isCharDevice } = Deno.statSync(path);
    return isFile || isCharDevice ? Deno.openSync(path) : undefined;
  } catch {
    return undefined;
  }
}
