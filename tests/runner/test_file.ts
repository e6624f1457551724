/** A file of tests. */
export interface TestFile {
  /** From the working directory. */
  readonly path: string;
  /** Whether nothing else may run meanwhile, as requested by a line `// Runs alone: REASON`. */
  readonly isAlone: boolean;
  /** In characters. */
  readonly length: number;
}

const ALONE = /^\/\/ Runs alone: \S/m;

/**
 * Finds the tests in folders and files, those that usually take longest first.
 *
 * @throws {Deno.errors.NotFound}
 */
export async function findTestFiles(paths: readonly string[]): Promise<TestFile[]> {
  const found = new Set<string>();
  for (const path of paths) {
    for await (const file of testFilesIn(path.replace(/\/+$/, ""))) found.add(file);
  }
  const files = await Promise.all([...found].map(readTestFile));
  return files.toSorted((a, b) => urgency(a) - urgency(b) || b.length - a.length);
}

async function* testFilesIn(path: string): AsyncGenerator<string> {
  if ((await Deno.stat(path)).isFile) return yield path;
  for await (const entry of Deno.readDir(path)) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory) yield* testFilesIn(inner);
    else if (entry.name.endsWith("_test.ts")) yield inner;
  }
}

async function readTestFile(path: string): Promise<TestFile> {
  const text = await Deno.readTextFile(path);
  return { path, isAlone: ALONE.test(text), length: text.length };
}

/** Keeps one of the longest from starting when all others are done. */
function urgency({ path }: TestFile): number {
  if (path.includes("unit/")) return 2;
  return /(conformance|soak)\//.test(path) ? 0 : 1;
}
