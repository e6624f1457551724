import type { BackendView } from "../../admin/metrics/status_view.ts";
import { closestWord } from "../../base/closest_word.ts";
import { counted } from "../../base/counted.ts";
import { maskControls, quote } from "../../config/quote.ts";
import type { BackendModeName } from "../../config/settings.ts";
import { type AdminClient, RefusalError } from "../client/admin_client.ts";
import { ANSWER_SHAPES } from "../client/answer_shapes.ts";
import { askWeir } from "../client/ask_weir.ts";
import type { CommandInputs } from "../command.ts";
import { EXIT_STATUS, UsageError } from "../exit_status.ts";

/** The largest weight. */
const HEAVIEST = 256;

/** Drains a backend of a running Weir: it gets no new sessions. */
export function drain(inputs: CommandInputs): Promise<number> {
  return setMode(inputs, "drain");
}

/** Puts a backend of a running Weir back into rotation. */
export function ready(inputs: CommandInputs): Promise<number> {
  return setMode(inputs, "ready");
}

/** Changes the weight of a backend of a running Weir. */
export function weight(inputs: CommandInputs): Promise<number> {
  const [, number = ""] = inputs.operands;
  const wanted = /^\d{1,3}$/.test(number) ? Number(number) : NaN;
  if (!(wanted <= HEAVIEST)) {
    throw new UsageError(`${quote(number)} is not a weight: expected 0 to ${HEAVIEST}`, "weight");
  }
  return steer(inputs, async (client, id) => {
    const path = `/api/v1/backends/${encodeURIComponent(id)}/weight`;
    const body = { weight: wanted };
    const request = { method: "POST", body, shape: ANSWER_SHAPES.weight } as const;
    const { configuredWeight } = await client.ask<BackendView>(path, request);
    return `weight ${wanted}, ${configuredWeight} in the file`;
  });
}

function setMode(inputs: CommandInputs, mode: BackendModeName): Promise<number> {
  return steer(inputs, async (client, id) => {
    const { condition, figures } = await postMode(client, id, mode);
    return `mode ${mode}, now ${condition}, with ${counted(figures.active, "session")}`;
  });
}

/** Changes each of the backends that the first operand names, and prints each result. */
function steer(
  inputs: CommandInputs,
  change: (client: AdminClient, backendId: string) => Promise<string>,
): Promise<number> {
  const [word = ""] = inputs.operands;
  return askWeir(inputs, async (client) => {
    for (const { id } of findBackends(await askBackends(client), word)) {
      const result = await change(client, id);
      inputs.terminal.print(`${maskControls(`${id}: ${result}`)}\n`);
    }
    return EXIT_STATUS.done;
  });
}

/** Sets the mode of one backend, and returns its new state. */
export function postMode(
  client: AdminClient,
  backendId: string,
  mode: BackendModeName,
): Promise<BackendView> {
  const path = `/api/v1/backends/${encodeURIComponent(backendId)}/mode`;
  const shape = ANSWER_SHAPES.mode;
  return client.ask<BackendView>(path, { method: "POST", body: { mode }, shape });
}

/** Fetches the names of a running Weir's backends. Rejects as {@linkcode AdminClient.ask} does. */
function askBackends(client: AdminClient): Promise<BackendNames> {
  return client.ask<BackendNames>("/api/v1/status", { shape: ANSWER_SHAPES.backends });
}

/** The fields by which a backend is found. */
export type BackendName = Pick<BackendView, "id" | "name" | "condition">;

/** The backends of a running Weir. */
export interface BackendNames {
  readonly pools: readonly {
    readonly backends: readonly BackendName[];
  }[];
}

/**
 * Finds the backends that a word refers to: `POOL/NAME` is one, and a name alone stands for that
 * backend of every pool that has it. Backends that are leaving match only if no others do.
 *
 * @throws {RefusalError} with a suggestion which name may have been meant
 */
export function findBackends(
  { pools }: BackendNames,
  word: string,
): readonly BackendName[] {
  const backends = pools.flatMap((pool) => pool.backends);
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
