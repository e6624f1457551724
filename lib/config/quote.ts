const LONGEST = 80;

/**
 * Puts quotation marks around a value from outside, for a message: control characters become visible
 * substitutes, so that a file cannot steer the terminal, and a very long value is cut.
 */
export function quote(text: string): string {
  return `"${shorten(text)}"`;
}

/** What {@linkcode quote} puts between its quotation marks. */
export function shorten(text: string): string {
  const characters = [...text.slice(0, 2 * (LONGEST + 1))];
  const shown = characters.length > LONGEST
    ? `${characters.slice(0, LONGEST).join("")}…`
    : characters.join("");
  return maskControls(shown);
}

/** Replaces what would not show, or would change how the rest shows, with `\uFFFD`, one for one. */
export function maskControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\uFFFD");
}
