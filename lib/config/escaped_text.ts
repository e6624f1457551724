import { quote } from "./quote.ts";
import type { ParsedValue, ValueType } from "./value_type.ts";

/**
 * Bytes to send or expect, written as text with the escapes `\r`, `\n`, `\t`, `\0`, `\\` and
 * `\xNN`.
 */
export function escapedText(): ValueType<string> {
  return {
    kind: "text with escapes",
    allowed: "text with the escapes \\r \\n \\t \\0 \\\\ \\xNN",
    parse: parseEscaped,
    format: formatEscaped,
  };
}

const NAMED: Readonly<Record<string, string>> = {
  r: "\r",
  n: "\n",
  t: "\t",
  0: "\0",
  "\\": "\\",
};

/** Returns one character for each byte: text beyond ASCII becomes its UTF-8 bytes. */
function parseEscaped(text: string): ParsedValue<string> {
  let problem: string | undefined;
  const value = text.replaceAll(/\\(x[0-9a-fA-F]{2}|.|$)|[^\\]+/gsu, (match, escape?: string) => {
    if (escape === undefined) return bytesOf(match);
    if (escape.length === 3) return String.fromCharCode(parseInt(escape.slice(1), 16));
    const named = NAMED[escape];
    problem ??= named === undefined
      ? `has the unknown escape ${quote(match)}: expected \\r, \\n, \\t, \\0, \\\\ or \\xNN`
      : undefined;
    return named ?? "";
  });
  return problem === undefined ? { ok: true, value } : { ok: false, problem };
}

function bytesOf(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

function formatEscaped(value: string): string {
  return value.replaceAll(/[^ -[\]-~]/g, (char) => {
    const [name] = Object.entries(NAMED).find(([, named]) => named === char) ?? [];
    return name === undefined
      ? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`
      : `\\${name}`;
  });
}
