import { maskControls } from "../../config/quote.ts";

/** A column of a plain-text table. */
export interface TextColumn {
  readonly title: string;
  /** Whether its cells are figures, which are right-aligned. */
  readonly isNumber?: true;
}

/** Formats a table with its titles, the columns two spaces apart, without trailing spaces. */
export function formatTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
): string[] {
  const masked = rows.map((row) => row.map(maskControls));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...masked.map((row) => (row[index] ?? "").length))
  );
  const align = (row: readonly string[]) =>
    columns.map(({ isNumber }, index) => {
      const [cell, width] = [row[index] ?? "", widths[index] as number];
      return isNumber ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd();
  return [align(columns.map(({ title }) => title)), ...masked.map(align)];
}
