import { type LoadedFiles, loadSettings } from "../../config/load_settings.ts";
import type { ReadFiles } from "../../config/read_configuration.ts";
import { Source } from "../../config/source.ts";
import { STANDARD_INPUT, STANDARD_INPUT_NAME } from "../../config/standard_input.ts";
import { supervise } from "../../supervisor/supervise.ts";
import { attachOperators } from "../attach_operators.ts";
import type { CommandInputs } from "../command.ts";
import { detectEnvironment } from "../environment.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import { reportDiagnostics } from "../output/report_diagnostics.ts";
import { requireFile } from "../require_file.ts";
import { VERSION } from "../version.ts";

/** There is nothing to watch if standard input, which cannot be read again, is one of the files. */
const NO_FILES: ReadFiles = { texts: new Map() };

/** Balances as the configuration file says, until a signal stops it. */
export async function start(inputs: CommandInputs): Promise<number> {
  const { file, entry, terminal } = inputs;
  const isFile = file !== STANDARD_INPUT;
  if (isFile) await requireFile(file);
  const environment = detectEnvironment();
  const { settings, diagnostics, files } = await loadSettings(file, environment);
  // A program that reads the log needs every line to be JSON.
  const isForLog = settings?.logFormat === "json";
  if (!isForLog) reportDiagnostics(diagnostics, terminal);
  if (settings === undefined) return EXIT_STATUS.wrongUsage;
  return await supervise({
    settings,
    files: isFile ? files : NO_FILES,
    diagnostics: isForLog ? diagnostics : [],
    workerUrls: entry.workerUrls,
    version: VERSION,
    attach: (control) => attachOperators(control, settings),
    load: async () => isFile ? await loadSettings(file, environment) : refuseReload(),
  });
}

/** Loads nothing, because there is nothing left to read. */
function refuseReload(): LoadedFiles {
  const source = new Source(STANDARD_INPUT_NAME, "");
  source.error(
    undefined,
    "standard input can be read only once: to reload, start Weir with a configuration file",
  );
  return { diagnostics: source.diagnostics, files: NO_FILES };
}
