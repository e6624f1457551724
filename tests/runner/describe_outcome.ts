import type { Outcome } from "./run_test_files.ts";
import { formatTally, NOTHING } from "./tally.ts";

/**
 * Writes a line and the output: all of it if something failed or if asked for, else only which
 * tests were ignored.
 */
export function describeOutcome(outcome: Outcome, isFull: boolean): string {
  const { name, tally, output, tookMs } = outcome;
  const word = tally.failed > 0 ? "FAILED" : "ok";
  const counts = tally === NOTHING ? "" : `${formatTally(tally)} `;
  const line = `${word}  ${name}  ${counts}(${formatTime(tookMs)})\n`;
  if (isFull || tally.failed > 0) return `${output}${line}`;
  const ignored = output.split("\n").filter((each) => / \.\.\. ignored\b/.test(each));
  return line + ignored.map((each) => `    ${each}\n`).join("");
}

/** Writes a time as `deno test` does: `59s`, `2m3s`. */
export function formatTime(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
