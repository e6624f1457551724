const UNITS_MS: readonly (readonly [unit: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];

/**
 * Reads a duration such as `500ms`, `5s`, `1.5m`, `2h` or `1d`; a bare number is seconds.
 *
 * @returns Whole milliseconds, rounded to the nearest, but a duration above 0 is never rounded down
 * to 0, because 0 often means "never"; approximate beyond 2^53, up to `Infinity`. `undefined` if
 * the text is not a duration.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  if (match === null) return undefined;
  const [, number, unit = "s"] = match;
  const unitMs = UNITS_MS.find(([name]) => name === unit)?.[1] as number;
  const exactMs = Number(number) * unitMs;
  return exactMs > 0 ? Math.max(1, Math.round(exactMs)) : 0;
}

/**
 * Writes a duration in the largest unit that needs no fraction: 90,000 is `90s`, 600,000 is `10m`.
 * {@linkcode parseDuration} reads it back to the same number.
 *
 * @param ms Whole milliseconds, 0 or more.
 */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  const [unit, unitMs] = UNITS_MS.find(([, size]) => ms % size === 0) ?? ["ms", 1];
  return `${ms / unitMs}${unit}`;
}
