import type { BackendView } from "../../admin/metrics/status_view.ts";
import { counted } from "../../base/counted.ts";
import { maskControls } from "../../config/quote.ts";
import type { BackendModeName } from "../../config/settings.ts";
import type { AdminClient } from "../client/admin_client.ts";
import { ANSWER_SHAPES } from "../client/answer_shapes.ts";
import { askBackends } from "../client/ask_status.ts";
import { askWeir } from "../client/ask_weir.ts";
import type { CommandInputs } from "../command.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import { findBackends } from "./find_backends.ts";

/** Sets the mode of the backends that the first operand names, and prints the result. */
export function setMode(inputs: CommandInputs, mode: BackendModeName): Promise<number> {
  return askWeir(inputs, async (client) => {
    const [word = ""] = inputs.operands;
    for (const { id } of findBackends(await askBackends(client), word)) {
      const { condition, figures } = await postMode(client, id, mode);
      const sessions = counted(figures.active, "session");
      const line = `${id}: mode ${mode}, now ${condition}, with ${sessions}`;
      inputs.terminal.print(`${maskControls(line)}\n`);
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
