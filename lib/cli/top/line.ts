import { maskControls } from "../../config/quote.ts";

/** The styles of text. */
export type Style =
  | "plain"
  | "strong"
  | "faint"
  | "good"
  | "fair"
  | "bad"
  | "idle"
  | "alarm"
  | "selected";

/** A part of a line in one style. */
export interface Span {
  readonly text: string;
  /** @default {"plain"} */
  readonly style?: Style;
}

export type Line = readonly Span[];

/** SGR parameters (ECMA-48). Bold and reversed are used without colour, too. */
const CODES: Readonly<Record<Style, string>> = {
  plain: "",
  strong: "1",
  faint: "2",
  good: "32",
  fair: "33",
  bad: "1;31",
  idle: "2",
  alarm: "1;7;31",
  selected: "7",
};
const COLORLESS: Readonly<Partial<Record<Style, string>>> = {
  faint: "",
  good: "",
  fair: "1",
  bad: "1",
  idle: "",
  alarm: "1;7",
};

/** Makes a line with a single span. */
export function styled(style: Style, text: string): Line {
  return [{ style, text }];
}

/** Renders a line with the codes of its styles, cut to the width. Control characters are masked. */
export function renderLine(line: Line, width: number, color: boolean): string {
  let room = width;
  let rendered = "";
  for (const { text, style = "plain" } of line) {
    const shown = [...maskControls(text)].slice(0, room);
    if (shown.length === 0) continue;
    room -= shown.length;
    const code = color ? CODES[style] : COLORLESS[style] ?? CODES[style];
    rendered += code === "" ? shown.join("") : `\x1b[${code}m${shown.join("")}\x1b[0m`;
  }
  return rendered;
}
