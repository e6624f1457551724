import type { BackendView } from "../../admin/status_view.ts";
import { quote } from "../../config/quote.ts";
import { askStatus } from "../ask_status.ts";
import { askWeir } from "../ask_weir.ts";
import type { CommandInputs } from "../command.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import { findBackends } from "../find_backends.ts";
import { UsageError } from "../usage_error.ts";

const HEAVIEST = 256;

/** Changes the weight of a backend of a running Weir. */
export function weight(inputs: CommandInputs): Promise<number> {
  const [word = "", number = ""] = inputs.operands;
  const wanted = /^\d{1,3}$/.test(number) ? Number(number) : NaN;
  if (!(wanted <= HEAVIEST)) {
    throw new UsageError(`${quote(number)} is no weight: expected 0 to ${HEAVIEST}`, "weight");
  }
  return askWeir(inputs, async (client) => {
    for (const { id } of findBackends(await askStatus(client), word)) {
      const path = `/api/v1/backends/${encodeURIComponent(id)}/weight`;
      const body = { weight: wanted };
      const { configuredWeight } = await client.ask<BackendView>(path, { method: "POST", body });
      inputs.terminal.print(`${id}: weight ${wanted}, ${configuredWeight} in the file\n`);
    }
    return EXIT_STATUS.done;
  });
}
