import { maskControls } from "./quote.ts";

/**
 * The maximum width of an excerpt, and the part of it before the caret in a cut line, in terminal
 * columns.
 */
const WIDEST = 100;
const LEAD = 40;
/** How much of the line is considered on each side of the position, in UTF-16 code units. */
const REACH = 4 * WIDEST;
const TAB = "    ";

/** A line as a terminal shows it, and where the caret goes, in terminal columns. */
export interface Excerpt {
  readonly text: string;
  readonly indent: number;
  /** 1 or more. */
  readonly width: number;
}

interface Cell {
  readonly text: string;
  readonly width: number;
  /** Where the cell's character starts in the line, from 0, in UTF-16 code units. */
  readonly offset: number;
}

/**
 * Lays out the line that a diagnostic is about: tabs expanded, control characters masked, long
 * lines cut.
 *
 * @param start Where the marked part starts, from 0; with `length` in UTF-16 code units.
 */
export function formatExcerpt(line: string, start: number, length: number): Excerpt {
  // A line of a megabyte may have thousands of problems: laying out the whole line for each would
  // be too slow.
  const from = boundaryAt(line, Math.max(0, start - REACH));
  const to = boundaryAt(line, Math.min(line.length, start + REACH));
  const cells = layOut(line.slice(from, to), from);
  const before = cells.filter(({ offset }) => offset < start);
  const marked = cells.filter(({ offset }) => offset >= start && offset < start + length);
  const indent = widthOf(before);
  const width = Math.max(1, widthOf(marked));
  const goesOn = { before: from > 0, after: to < line.length };
  if (widthOf(cells) > WIDEST || goesOn.before || goesOn.after) {
    return cut(cells, indent, width, goesOn);
  }
  return { text: textOf(cells), indent, width };
}

/** @param goesOn Whether the line continues after the cells. */
function cut(
  cells: readonly Cell[],
  indent: number,
  width: number,
  goesOn: { readonly before: boolean; readonly after: boolean },
): Excerpt {
  let first = 0;
  let skipped = 0;
  for (; indent - skipped > LEAD; first++) skipped += cells[first]?.width ?? 0;
  const shown: Cell[] = [];
  let shownWidth = 0;
  for (const cell of cells.slice(first)) {
    if (shownWidth + cell.width > WIDEST) break;
    shown.push(cell);
    shownWidth += cell.width;
  }
  const head = goesOn.before || first > 0 ? "…" : "";
  const tail = goesOn.after || first + shown.length < cells.length ? "…" : "";
  return {
    text: head + textOf(shown) + tail,
    indent: indent - skipped + head.length,
    width: Math.max(1, Math.min(width, shownWidth - (indent - skipped))),
  };
}

/** Returns the index itself, or the one before it if it is inside a surrogate pair. */
function boundaryAt(line: string, index: number): number {
  return /^[\uDC00-\uDFFF]$/.test(line[index] ?? "") ? Math.max(0, index - 1) : index;
}

/** @param start Where the part begins in its line. */
function layOut(part: string, start: number): Cell[] {
  const cells: Cell[] = [];
  let offset = start;
  for (const character of part) {
    const text = character === "\t" ? TAB : maskControls(character);
    cells.push({ text, offset, width: text === TAB ? TAB.length : columnsOf(text) });
    offset += character.length;
  }
  return cells;
}

/** The terminal columns of one character: emoji and the wide blocks of East Asian Width, roughly. */
function columnsOf(character: string): number {
  if (/^\p{M}$/u.test(character)) return 0;
  const wide =
    /^[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\p{Emoji_Presentation}\u{20000}-\u{3FFFD}]$/u;
  return wide.test(character) ? 2 : 1;
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width, 0);
}

function textOf(cells: readonly Cell[]): string {
  return cells.map(({ text }) => text).join("");
}
