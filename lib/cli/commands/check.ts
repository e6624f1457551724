import { loadSettings } from "../../config/load_settings.ts";
import { withoutSecrets } from "../../config/secret.ts";
import type { CommandInputs } from "../command.ts";
import { describeSettings } from "../describe_settings.ts";
import { detectEnvironment } from "../environment.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import { reportDiagnostics } from "../report_diagnostics.ts";
import { requireFile } from "../require_file.ts";

/** Checks the configuration file and prints what it means; nothing is started. */
export async function check(inputs: CommandInputs): Promise<number> {
  const { file, flags, terminal } = inputs;
  await requireFile(file);
  const { settings, diagnostics } = await loadSettings(file, detectEnvironment());
  const valid = settings !== undefined;
  if (flags.has("json")) {
    const result = { valid, settings: valid ? withoutSecrets(settings) : null, diagnostics };
    terminal.print(`${JSON.stringify(result, undefined, 2)}\n`);
  } else {
    reportDiagnostics(diagnostics, terminal, "the file cannot be used");
    if (valid) terminal.print(describeSettings(settings));
  }
  return valid ? EXIT_STATUS.done : EXIT_STATUS.wrongUsage;
}
