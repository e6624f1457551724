import { maskControls } from "../../config/quote.ts";
import type { ReloadResult } from "../../supervisor/reloader.ts";
import { ANSWER_SHAPES } from "../client/answer_shapes.ts";
import { askWeir } from "../client/ask_weir.ts";
import type { CommandInputs } from "../command.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import { reportDiagnostics } from "../output/report_diagnostics.ts";

/** Makes a running Weir reload its configuration, and prints the result. */
export function reload(inputs: CommandInputs): Promise<number> {
  const { terminal } = inputs;
  return askWeir(inputs, async (client) => {
    const request = { method: "POST", accept: [422], shape: ANSWER_SHAPES.reload } as const;
    const result = await client.ask<ReloadResult>("/api/v1/reload", request);
    reportDiagnostics(result.diagnostics, terminal, "nothing was changed");
    if (!result.ok) {
      for (const problem of result.problems) {
        terminal.printError(`weir: ${maskControls(problem)}\n`);
      }
      terminal.printError("weir: the old settings stay in force\n");
      return EXIT_STATUS.failed;
    }
    for (const change of result.changes) terminal.print(`${maskControls(change)}\n`);
    terminal.print(result.changes.length === 0 ? "reloaded: nothing has changed\n" : "reloaded\n");
    return EXIT_STATUS.done;
  });
}
