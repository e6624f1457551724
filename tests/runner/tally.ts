/** How many cases ended how. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
  readonly steps: number;
  readonly filteredOut: number;
}

export const NOTHING: Tally = { passed: 0, failed: 0, ignored: 0, steps: 0, filteredOut: 0 };

/** What `deno test` writes last, without colours. */
const SUMMARY = /^(?:ok|FAILED) \| \d+ passed.*$/gm;

/** Reads the last line of one run of `deno test`; `undefined` if it has not finished. */
export function readTally(output: string): Tally | undefined {
  const summary = output.match(SUMMARY)?.at(-1);
  if (summary === undefined) return undefined;
  const count = (pattern: RegExp): number => Number(pattern.exec(summary)?.[1] ?? 0);
  return {
    passed: count(/ (\d+) passed/),
    failed: count(/ (\d+) failed/),
    ignored: count(/ (\d+) ignored/),
    steps: count(/passed \((\d+) steps?\)/),
    filteredOut: count(/ (\d+) filtered out/),
  };
}

/** Adds up. */
export function sumOf(tallies: readonly Tally[]): Tally {
  return tallies.reduce((sum, tally) => ({
    passed: sum.passed + tally.passed,
    failed: sum.failed + tally.failed,
    ignored: sum.ignored + tally.ignored,
    steps: sum.steps + tally.steps,
    filteredOut: sum.filteredOut + tally.filteredOut,
  }), NOTHING);
}

/** Writes the counts as `deno test` does: `1313 passed (46 steps) | 0 failed | 12 ignored`. */
export function formatTally({ passed, failed, ignored, steps, filteredOut }: Tally): string {
  return [
    steps === 0 ? `${passed} passed` : `${passed} passed (${count(steps, "step")})`,
    `${failed} failed`,
    ...(ignored === 0 ? [] : [`${ignored} ignored`]),
    ...(filteredOut === 0 ? [] : [`${filteredOut} filtered out`]),
  ].join(" | ");
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
