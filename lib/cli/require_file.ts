import { closestWord } from "../base/closest_word.ts";
import { quote } from "../config/quote.ts";
import { STANDARD_INPUT } from "../config/standard_input.ts";
import { UsageError } from "./exit_status.ts";

/**
 * Checks that a configuration file of that name exists. Every other problem with it is left to the
 * code that reads it.
 *
 * @throws {UsageError} for standard input, and for a file that is missing; the message names a similar file in the same folder, if there is one
 */
export async function requireFile(file: string): Promise<void> {
  if (file === STANDARD_INPUT) {
    throw new UsageError('only "start" and "check" read standard input: expected a file');
  }
  try {
    await Deno.stat(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return;
    const similar = await similarFile(file);
    const hint = similar === undefined ? "" : `; did you mean ${quote(similar)}?`;
    throw new UsageError(`cannot read ${quote(file)}: no such file${hint}`);
  }
}

async function similarFile(file: string): Promise<string | undefined> {
  const cut = file.lastIndexOf("/") + 1;
  const folder = file.slice(0, cut);
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder === "" ? "." : folder)) {
      if (!entry.isDirectory) names.push(entry.name);
    }
  } catch {
    // If the folder is missing too, or cannot be listed, there is no similar file to suggest.
    return undefined;
  }
  const closest = closestWord(file.slice(cut), names.sort());
  return closest === undefined ? undefined : folder + closest;
}
