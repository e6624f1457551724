import { dirname, join } from "node:path";
import type { ParsedValue, ValueType } from "./value_type.ts";

const EXPECTED = 'expected a file, or files such as "conf.d/*.cfg"';

/**
 * The files that a configuration includes: a path whose last part may contain `*`, for any
 * characters, and `?`, for one.
 */
export function includePattern(): ValueType<string> {
  return {
    kind: "file pattern",
    allowed: "a path, with * and ? as wildcards in the file's name",
    parse(text): ParsedValue<string> {
      if (text.includes("\0")) {
        return { ok: false, problem: `contains a zero byte: ${EXPECTED}` };
      }
      if (text.endsWith("/") || /(?:^|\/)\.\.?$/.test(text)) {
        return { ok: false, problem: `is a folder: ${EXPECTED}` };
      }
      if (hasWildcard(text.slice(0, text.lastIndexOf("/") + 1))) {
        return { ok: false, problem: `has a wildcard in the name of a folder: ${EXPECTED}` };
      }
      return { ok: true, value: text };
    },
    format: (value) => value,
  };
}

/**
 * Returns a pattern as a path from the working directory, or from the root.
 *
 * @param file the file that names the pattern
 */
export function resolvePattern(pattern: string, file: string): string {
  return pattern.startsWith("/") ? pattern : join(dirname(file), pattern);
}

/** Whether a path has wildcards. */
export function hasWildcard(path: string): boolean {
  return /[*?]/.test(path);
}

/**
 * Whether a file's name matches a pattern, as in a shell: a name that begins with a period matches
 * only a pattern that does.
 */
export function matchesName(pattern: string, name: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  let [at, from] = [0, 0];
  // Where to continue if the last "*" has to stand for one more character.
  let star = -1;
  let starFrom = 0;
  while (from < name.length) {
    if (pattern[at] === "*") {
      star = at++;
      starFrom = from;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[from])) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++starFrom;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
