import type { Diagnostic } from "../../config/diagnostic.ts";
import { loadSettings } from "../../config/load_settings.ts";
import { withoutSecrets } from "../../config/secret.ts";
import { STANDARD_INPUT } from "../../config/standard_input.ts";
import type { Settings } from "../../config/settings.ts";
import { Discovery } from "../../discovery/discovery.ts";
import { SystemResolver } from "../../discovery/system_resolver.ts";
import type { CommandInputs } from "../command.ts";
import { detectEnvironment } from "../environment.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import { describeSettings } from "../output/describe_settings.ts";
import { reportDiagnostics } from "../output/report_diagnostics.ts";
import { requireFile } from "../require_file.ts";

/**
 * Checks the configuration file and prints how it is interpreted; nothing is started. A name that
 * cannot be resolved is not a mistake in the file, so the exit status is then that of a failed
 * start.
 */
export async function check(inputs: CommandInputs): Promise<number> {
  const { file, flags, terminal } = inputs;
  if (file !== STANDARD_INPUT) await requireFile(file);
  const { settings, diagnostics } = await loadSettings(file, detectEnvironment());
  const isRight = settings !== undefined;
  const unresolved = isRight && flags.has("resolve") ? await checkNames(settings) : [];
  const valid = isRight && !unresolved.some(isError);
  const found = [...diagnostics, ...unresolved];
  if (flags.has("json")) {
    const shown = settings === undefined ? null : withoutSecrets(settings);
    const result = { valid, settings: shown, diagnostics: found };
    terminal.print(`${JSON.stringify(result, undefined, 2)}\n`);
  } else {
    const consequence = isRight ? "Weir would not start" : "the file cannot be used";
    reportDiagnostics(found, terminal, consequence);
    if (valid) terminal.print(describeSettings(settings));
  }
  if (!isRight) return EXIT_STATUS.wrongUsage;
  return valid ? EXIT_STATUS.done : EXIT_STATUS.failed;
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

/**
 * Looks up the names of all backends, as a start does. Returns a warning for each one that has no
 * address, and an error for each pool that would be left without a backend.
 */
async function checkNames(settings: Settings): Promise<readonly Diagnostic[]> {
  const discovery = new Discovery({ resolver: new SystemResolver(), onChange: () => {} });
  const { problems, warnings } = await discovery.resolveFirst(settings);
  discovery.stop();
  const { file } = settings;
  const place = { file, line: 0, column: 0, length: 0, lineText: "", lineStart: 0 };
  function diagnose(severity: Diagnostic["severity"], sentence: string): Diagnostic {
    const message = sentence.charAt(0).toLowerCase() + sentence.slice(1);
    return { severity, message, ...place };
  }
  return [
    ...problems.map((problem) => diagnose("error", problem)),
    ...warnings.map((warning) => diagnose("warning", warning)),
  ];
}
