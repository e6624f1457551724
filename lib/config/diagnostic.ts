import { counted } from "../base/counted.ts";
import { formatExcerpt } from "./_excerpt.ts";
import { maskControls } from "./quote.ts";

/** A problem in a configuration file, and its position. */
export interface Diagnostic {
  /** An error keeps the file from being used; a warning does not. */
  readonly severity: "error" | "warning";
  /** A sentence without a final period: what was found and what is allowed. */
  readonly message: string;
  /** The file: as named on the command line, or by its path if it is an included one. */
  readonly file: string;
  /**
   * From 1; 0 if the problem concerns the file as a whole, and then the fields below are 0 or empty
   * too.
   */
  readonly line: number;
  /** From 1, in UTF-16 code units, as editors count. */
  readonly column: number;
  /** Length of the marked part of the line, in UTF-16 code units. */
  readonly length: number;
  /** The line as it is in the file, or the part of a very long line around the position. */
  readonly lineText: string;
  /** The column of the first character of `lineText`. */
  readonly lineStart: number;
  /** How many problems this one stands for; 1 if absent. */
  readonly count?: number;
}

/** How many problems of each severity there are. */
export interface ProblemCount {
  readonly errors: number;
  readonly warnings: number;
}

/** How diagnostics are written. */
export interface DiagnosticFormat {
  /** Whether ANSI colours are written. */
  readonly color: boolean;
  /** The consequence of the problems, for the closing line: "nothing was started". */
  readonly closing?: string;
}

/** Counts the errors and the warnings. */
export function countProblems(diagnostics: readonly Diagnostic[]): ProblemCount {
  const counts = { error: 0, warning: 0 };
  for (const { severity, count = 1 } of diagnostics) counts[severity] += count;
  return { errors: counts.error, warnings: counts.warning };
}

/**
 * Sorts diagnostics by file and position: those about a file as a whole come first in it, and those
 * that stand for several others come last.
 *
 * @param files their files, in the wanted order; others follow, in the order of the diagnostics
 */
export function sortByPlace(
  diagnostics: readonly Diagnostic[],
  files: readonly string[] = [],
): Diagnostic[] {
  const names = [...new Set([...files, ...diagnostics.map(({ file }) => file)])];
  const order = new Map(names.map((name, index) => [name, index]));
  const orderOf = ({ file }: Diagnostic): number => order.get(file) ?? 0;
  const isLast = ({ count }: Diagnostic): number => Number(count !== undefined);
  return diagnostics.toSorted((a, b) =>
    isLast(a) - isLast(b) || orderOf(a) - orderOf(b) || a.line - b.line || a.column - b.column
  );
}

/**
 * Formats diagnostics for people, ordered by file and position, each with its line and a caret, and a
 * closing line with the count. No final line break; empty if there are none.
 */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: DiagnosticFormat,
): string {
  if (diagnostics.length === 0) return "";
  const lines = sortByPlace(diagnostics).flatMap((diagnostic) =>
    formatDiagnostic(diagnostic, format.color)
  );
  return [...lines, formatClosing(countProblems(diagnostics), format.closing)].join("\n");
}

function formatDiagnostic(diagnostic: Diagnostic, color: boolean): string[] {
  const { severity, message, line, column, length, lineText, lineStart } = diagnostic;
  const file = maskControls(diagnostic.file);
  const place = line === 0 ? `${file}:` : `${file}:${line}:${column}:`;
  const tone = severity === "error" ? "31" : "33";
  const headline = color
    ? `\x1b[1m${place}\x1b[0m \x1b[1;${tone}m${severity}:\x1b[0m \x1b[1m${message}\x1b[0m`
    : `${place} ${severity}: ${message}`;
  if (line === 0) return [headline];

  const { text, indent, width } = formatExcerpt(lineText, column - lineStart, length);
  const number = String(line);
  const gutter = `  ${number} |`;
  const blankGutter = `  ${" ".repeat(number.length)} |`;
  const caret = "^".repeat(width);
  const shownCaret = color ? `\x1b[1;${tone}m${caret}\x1b[0m` : caret;
  return [headline, `${gutter} ${text}`, `${blankGutter} ${" ".repeat(indent)}${shownCaret}`];
}

function formatClosing({ errors, warnings }: ProblemCount, closing: string | undefined): string {
  const counts = [
    ...(errors > 0 ? [counted(errors, "error")] : []),
    ...(warnings > 0 ? [counted(warnings, "warning")] : []),
  ];
  return counts.join(", ") + (closing === undefined ? "" : `: ${closing}`);
}
