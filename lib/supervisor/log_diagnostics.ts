import { counted } from "../base/counted.ts";
import { countProblems, type Diagnostic } from "../config/diagnostic.ts";
import { loggerFor } from "../log/logging.ts";

/** `check` lists the rest. */
const MOST_LOGGED = 20;

/**
 * Logs what is wrong with a configuration: one record per problem, with its position in separate properties,
 * and one that says how many more there are.
 *
 * @param configuration the file that is checked to list all of them
 */
export function logDiagnostics(
  diagnostics: readonly Diagnostic[],
  configuration: string,
  category: string,
): void {
  const logger = loggerFor(category);
  const logged = diagnostics.slice(0, MOST_LOGGED);
  for (const { severity, file, line, column, message: problem } of logged) {
    const text = line === 0
      ? "{file}: {severity}: {problem}"
      : "{file}:{line}:{column}: {severity}: {problem}";
    const properties = { file, line, column, severity, problem };
    if (severity === "error") logger.error(text, properties);
    else logger.warn(text, properties);
  }
  const rest = countProblems(diagnostics.slice(MOST_LOGGED));
  const count = rest.errors + rest.warnings;
  if (count === 0) return;
  const more = `${counted(count, "more problem")} ${count === 1 ? "is" : "are"} not logged`;
  logger.warn('{more}: "weir check {file}" lists them', { more, file: configuration });
}
