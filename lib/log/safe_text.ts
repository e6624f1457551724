// Control characters (C0, DEL, C1), Unicode line separators, and bidirectional controls: everything
// that could break a line, control a terminal, or disguise a line as another one.
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const UNSAFE_ALL = new RegExp(UNSAFE.source, "gu");

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeOne(char: string): string {
  const short = SHORT_ESCAPES[char];
  if (short !== undefined) return short;
  const code = char.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

function escapeOneForJson(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * Makes text from outside safe to log on one line: control characters, line separators and
 * bidirectional overrides become visible (`\n`, `\x1b`, `\u202e`). Backslashes are unchanged.
 */
export function escapeControls(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escapeOne) : text;
}

/**
 * Formats a value as JSON on one line, as safe to display as text from {@linkcode escapeControls}.
 */
export function safeJson(value: unknown): string {
  const json = JSON.stringify(value);
  return UNSAFE.test(json) ? json.replace(UNSAFE_ALL, escapeOneForJson) : json;
}
