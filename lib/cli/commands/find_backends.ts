import type { BackendView } from "../../admin/metrics/status_view.ts";
import { closestWord } from "../../base/closest_word.ts";
import { quote } from "../../config/quote.ts";
import { RefusalError } from "../client/admin_client.ts";

/** The fields by which a backend is found. */
export type BackendName = Pick<BackendView, "id" | "name" | "condition">;

/** The backends of a running Weir. */
export interface BackendNames {
  readonly listeners: readonly {
    readonly backends: readonly BackendName[];
  }[];
}

/**
 * Finds the backends that a word refers to: `LISTENER/NAME` is one, and a name alone stands for
 * that backend of every listener that has it. Backends that are leaving match only if no others do.
 *
 * @throws {RefusalError} with a suggestion which name may have been meant
 */
export function findBackends(
  { listeners }: BackendNames,
  word: string,
): readonly BackendName[] {
  const backends = listeners.flatMap((listener) => listener.backends);
  const found = backends.filter(({ id, name }) => id === word || name === word);
  const staying = found.filter(({ condition }) => condition !== "leaving");
  if (found.length > 0) return staying.length > 0 ? staying : found;
  const names = new Set(backends.map(word.includes("/") ? ({ id }) => id : ({ name }) => name));
  const closest = closestWord(word, names);
  const hint = closest === undefined
    ? `; there is ${listed([...names])}`
    : `; did you mean ${quote(closest)}?`;
  throw new RefusalError(`there is no backend ${quote(word)}${hint}`, 404);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).map(quote).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
