import { countProblems, type Diagnostic, formatDiagnostics } from "../config/diagnostic.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Writes what is wrong with a configuration to standard error; nothing where all is well.
 *
 * `consequence` says what follows from errors.
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
