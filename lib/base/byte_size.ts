const UNITS: readonly (readonly [unit: string, bytes: number])[] = [
  ["g", 1024 ** 3],
  ["m", 1024 ** 2],
  ["k", 1024],
  ["", 1],
];

/**
 * Reads a size such as `4096`, `16k`, `1.5m` or `1GB`. Units are binary (1k is 1024 bytes), in
 * either case, and a `b` may follow.
 *
 * @returns Bytes, approximate beyond 2^53, up to `Infinity`; `undefined` if the text is not a size
 * or not a whole number of bytes.
 */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)b?$/.exec(text.toLowerCase());
  if (match === null) return undefined;
  const [, number, unit] = match;
  const bytes = Number(number) * (UNITS.find(([name]) => name === unit)?.[1] as number);
  return Number.isInteger(bytes) || bytes === Infinity ? bytes : undefined;
}

/**
 * Writes a size in the largest unit that needs no fraction: 16,384 is `16k`, 1,000 is `1000`.
 * {@linkcode parseByteSize} reads it back to the same number.
 *
 * @param bytes A whole number, 0 or more.
 */
export function formatByteSize(bytes: number): string {
  if (bytes === 0) return "0";
  const [unit, size] = UNITS.find(([, size]) => bytes % size === 0) ?? ["", 1];
  return `${bytes / size}${unit}`;
}
