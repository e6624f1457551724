/** A key that was pressed: a character, or one of those that have a name. */
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
  /** Ctrl-C, which a terminal in raw mode hands on as a key. */
  | "interrupt";

/** What terminals send, by ECMA-48 and the habits of xterm. */
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

/** Splits what a terminal sent into keys. Sequences that mean nothing here are left out. */
export function parseKeys(text: string): Key[] {
  // deno-lint-ignore no-control-regex
  const parts = text.matchAll(/\x1b[[O][0-9;]*[A-Za-z~]|\x1b|[\s\S]/gu);
  return [...parts].flatMap(([part]): Key[] => {
    const name = SEQUENCES[part];
    if (name !== undefined) return [{ kind: name }];
    return /^[^\p{Cc}]$/u.test(part) ? [{ kind: "character", text: part }] : [];
  });
}
