import { dirname } from "node:path";
import { quote } from "./quote.ts";
import { explainReadError, needsEverything } from "./read_error.ts";

const WRITE = 0o2;
const WRITE_AND_SEARCH = 0o3;

/**
 * Returns why a file cannot be opened for writing, or created if it does not exist; `undefined` if
 * it can be. Nothing is opened or created to find out.
 *
 * @param reject returns what is wrong with a file that exists
 * @param uid the user whose rights count; absent if it is not known
 */
export async function findPathProblem(
  path: string,
  reject: (info: Deno.FileInfo) => string | undefined,
  uid: number | undefined,
): Promise<string | undefined> {
  try {
    const info = await statOrNothing(path);
    if (info === undefined) return await findAbsenceProblem(path, uid);
    if (isDenied(info, WRITE, uid)) return reject(info) ?? "the system denies write access to it";
    return reject(info);
  } catch (error) {
    // A process that may write there need not be allowed to read.
    const isHidden = error instanceof Deno.errors.NotCapable && !needsEverything(error);
    return isHidden ? undefined : explainReadError(error, path);
  }
}

/** Returns why a file that does not exist cannot be created. */
async function findAbsenceProblem(
  path: string,
  uid: number | undefined,
): Promise<string | undefined> {
  // Deno does not create the target of a dangling link.
  const isLink = await Deno.lstat(path).then(() => true, () => false);
  if (isLink) return "it is a link to a file that does not exist";
  const folder = dirname(path);
  const info = await statOrNothing(folder);
  if (info === undefined) return `the folder ${quote(folder)} does not exist`;
  if (!info.isDirectory) return `${quote(folder)} is not a folder`;
  return isDenied(info, WRITE_AND_SEARCH, uid)
    ? `the system denies creating files in ${quote(folder)}`
    : undefined;
}

async function statOrNothing(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Whether a user certainly lacks a right. A user's groups are not known, and an ACL shows in the
 * group's bits.
 *
 * @param right mode bits as for "others": 4 to read, 2 to write, 1 to search
 */
export function isDenied(
  { mode, uid: owner }: Pick<Deno.FileInfo, "mode" | "uid">,
  right: number,
  uid: number | undefined,
): boolean {
  if (uid === undefined || uid === 0 || mode === null || owner === null) return false;
  if (uid === owner) return (mode >> 6 & right) !== right;
  return (mode >> 3 & right) !== right && (mode & right) !== right;
}
