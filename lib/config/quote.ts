const LONGEST = 80;

/**
 * Puts untrusted text into quotation marks, for a message: control characters become visible
 * substitutes, so that a file cannot control the terminal, and a very long value is cut.
 */
export function quote(text: string): string {
  return `"${shorten(text)}"`;
}

/** The text that {@linkcode quote} puts between the quotation marks. */
export function shorten(text: string): string {
  const characters = [...text.slice(0, 2 * (LONGEST + 1))];
  const shown = characters.length > LONGEST
    ? `${characters.slice(0, LONGEST).join("")}…`
    : characters.join("");
  return maskControls(shown);
}

/**
 * Replaces each character that is invisible, or affects how others are displayed, with `\uFFFD`.
 */
export function maskControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\uFFFD");
}
