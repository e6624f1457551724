import { countProblems, type Diagnostic, formatDiagnostics } from "../../config/diagnostic.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Writes the problems of a configuration to standard error; writes nothing if there are none.
 *
 * @param consequence what errors lead to
 */
export function reportDiagnostics(
  diagnostics: readonly Diagnostic[],
  terminal: Terminal,
  consequence = "nothing was started",
): void {
  if (diagnostics.length === 0) return;
  const closing = countProblems(diagnostics).errors > 0 ? { closing: consequence } : {};
  const text = formatDiagnostics(diagnostics, { color: terminal.errorColor, ...closing });
  terminal.printError(`${text}\n`);
}
