import type { BackendView } from "../../admin/metrics/status_view.ts";
import { maskControls, quote } from "../../config/quote.ts";
import { ANSWER_SHAPES } from "../client/answer_shapes.ts";
import { askBackends } from "../client/ask_status.ts";
import { askWeir } from "../client/ask_weir.ts";
import type { CommandInputs } from "../command.ts";
import { EXIT_STATUS, UsageError } from "../exit_status.ts";
import { findBackends } from "./find_backends.ts";

const HEAVIEST = 256;

/** Changes the weight of a backend of a running Weir. */
export function weight(inputs: CommandInputs): Promise<number> {
  const [word = "", number = ""] = inputs.operands;
  const wanted = /^\d{1,3}$/.test(number) ? Number(number) : NaN;
  if (!(wanted <= HEAVIEST)) {
    throw new UsageError(`${quote(number)} is not a weight: expected 0 to ${HEAVIEST}`, "weight");
  }
  return askWeir(inputs, async (client) => {
    for (const { id } of findBackends(await askBackends(client), word)) {
      const path = `/api/v1/backends/${encodeURIComponent(id)}/weight`;
      const body = { weight: wanted };
      const request = { method: "POST", body, shape: ANSWER_SHAPES.weight } as const;
      const { configuredWeight } = await client.ask<BackendView>(path, request);
      const line = `${id}: weight ${wanted}, ${configuredWeight} in the file`;
      inputs.terminal.print(`${maskControls(line)}\n`);
    }
    return EXIT_STATUS.done;
  });
}
