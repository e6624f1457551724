import { basename, dirname } from "node:path";
import { matchesName } from "./include_pattern.ts";

/** The maximum number of files that a pattern may match. */
export const MOST_INCLUDED = 1_000;
/** The maximum number of entries of the folder that a pattern names. */
const MOST_ENTRIES = 10_000;

/**
 * Lists the files that match a pattern with wildcards, folders excepted, sorted by their names'
 * UTF-16 code units.
 *
 * @param pattern as a path; its file name has the wildcards
 * @returns their paths, which begin as the pattern does
 * @throws {Error} if the folder cannot be read, or if it or the list is too long
 */
export async function listMatching(pattern: string): Promise<readonly string[]> {
  const wanted = basename(pattern);
  const folder = pattern.slice(0, pattern.length - wanted.length);
  const names: string[] = [];
  let entries = 0;
  for await (const { name, isDirectory } of Deno.readDir(dirname(pattern))) {
    if (++entries > MOST_ENTRIES) {
      throw new Error(`its folder has more than ${MOST_ENTRIES} entries`);
    }
    if (isDirectory || !matchesName(wanted, name)) continue;
    if (names.push(name) > MOST_INCLUDED) {
      throw new Error(`it matches more than ${MOST_INCLUDED} files`);
    }
  }
  return names.toSorted((a, b) => a < b ? -1 : 1).map((name) => folder + name);
}
