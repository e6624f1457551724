import { loadSettings } from "../../config/load_settings.ts";
import { supervise } from "../../supervisor/supervise.ts";
import { attachOperators } from "../attach_operators.ts";
import type { CommandInputs } from "../command.ts";
import { detectEnvironment } from "../environment.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import { reportDiagnostics } from "../output/report_diagnostics.ts";
import { requireFile } from "../require_file.ts";
import { VERSION } from "../version.ts";

/** Balances as the configuration file says, until a signal stops it. */
export async function start(inputs: CommandInputs): Promise<number> {
  const { file, entry, terminal } = inputs;
  await requireFile(file);
  const environment = detectEnvironment();
  const { settings, diagnostics, files } = await loadSettings(file, environment);
  // A program that reads the log needs every line to be JSON.
  const isForLog = settings?.logFormat === "json";
  if (!isForLog) reportDiagnostics(diagnostics, terminal);
  if (settings === undefined) return EXIT_STATUS.wrongUsage;
  return await supervise({
    settings,
    files,
    diagnostics: isForLog ? diagnostics : [],
    workerUrls: entry.workerUrls,
    version: VERSION,
    attach: (control) => attachOperators(control, settings),
    load: () => loadSettings(file, environment),
  });
}
