import type { StatusView } from "../../admin/metrics/status_view.ts";
import { maskControls } from "../../config/quote.ts";
import type { CommandInputs } from "../command.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import { type AdminClient, RefusalError, UnreachableError } from "./admin_client.ts";
import { ANSWER_SHAPES } from "./answer_shapes.ts";
import { findAdmin } from "./find_admin.ts";

/**
 * Runs a function that talks to a running Weir, and turns refusals into messages and exit statuses.
 */
export async function askWeir(
  inputs: CommandInputs,
  ask: (client: AdminClient) => Promise<number>,
  address?: string,
): Promise<number> {
  try {
    using client = await findAdmin(inputs, address);
    return await ask(client);
  } catch (error) {
    if (error instanceof UnreachableError || error instanceof Deno.errors.NotCapable) {
      inputs.terminal.printError(`weir: ${maskControls(error.message)}\n`);
      return EXIT_STATUS.unreachable;
    }
    if (!(error instanceof RefusalError)) throw error;
    const hint = error.status === 401 ? "; pass a token file with --token-file" : "";
    inputs.terminal.printError(`weir: ${maskControls(error.message)}${hint}\n`);
    return EXIT_STATUS.failed;
  }
}

/** Fetches the status of a running Weir. Rejects as {@linkcode AdminClient.ask} does. */
export function askStatus(client: AdminClient): Promise<StatusView> {
  return client.ask<StatusView>("/api/v1/status", { shape: ANSWER_SHAPES.status });
}
