import { askStatus, askWeir } from "../client/ask_weir.ts";
import type { CommandInputs } from "../command.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import { formatStatus } from "../output/format_status.ts";

/** Prints the status of a running Weir. Fails if Weir or one of its listeners is not ready. */
export function status(inputs: CommandInputs): Promise<number> {
  const { flags, terminal } = inputs;
  return askWeir(inputs, async (client) => {
    const view = await askStatus(client);
    const text = flags.has("json")
      ? `${JSON.stringify(view, undefined, 2)}\n`
      : formatStatus(view, flags.has("all"));
    terminal.print(text);
    const isReady = view.ready && view.listeners.every(({ ready, leaving }) => ready || leaving);
    return isReady ? EXIT_STATUS.done : EXIT_STATUS.failed;
  });
}
