/** A key that was pressed: a character, or a key that has a name. */
export type Key =
  | { readonly kind: "character"; readonly text: string }
  | { readonly kind: KeyName };

type KeyName =
  | "up"
  | "down"
  | "page up"
  | "page down"
  | "home"
  | "end"
  | "enter"
  | "escape"
  | "backspace"
  /** Ctrl-C, which a terminal in raw mode passes on as a key. */
  | "interrupt";

/** The sequences that terminals send, according to ECMA-48 and the conventions of xterm. */
const SEQUENCES: Readonly<Record<string, KeyName>> = {
  "\x1b[A": "up",
  "\x1bOA": "up",
  "\x1b[B": "down",
  "\x1bOB": "down",
  "\x1b[5~": "page up",
  "\x1b[6~": "page down",
  "\x1b[H": "home",
  "\x1bOH": "home",
  "\x1b[1~": "home",
  "\x1b[F": "end",
  "\x1bOF": "end",
  "\x1b[4~": "end",
  "\r": "enter",
  "\n": "enter",
  "\x1b": "escape",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x03": "interrupt",
  "\x04": "interrupt",
};

/** Splits the input from a terminal into keys. Sequences without a meaning here are dropped. */
export function parseKeys(text: string): Key[] {
  // deno-lint-ignore no-control-regex
  const parts = text.matchAll(/\x1b[[O][0-9;]*[A-Za-z~]|\x1b|[\s\S]/gu);
  return [...parts].flatMap(([part]): Key[] => {
    const name = SEQUENCES[part];
    if (name !== undefined) return [{ kind: name }];
    return /^[^\p{Cc}]$/u.test(part) ? [{ kind: "character", text: part }] : [];
  });
}
