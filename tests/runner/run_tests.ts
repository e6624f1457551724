import { batchesOf } from "./batches_of.ts";
import { describeOutcome, formatTime } from "./describe_outcome.ts";
import { print } from "./print.ts";
import type { RunOptions } from "./run_options.ts";
import { checkTypes, type Outcome, runTestFiles } from "./run_test_files.ts";
import { formatTally, sumOf } from "./tally.ts";
import { findTestFiles, type TestFile } from "./test_file.ts";

/** Tests that run engines or all of Weir, which `--quick` leaves out. */
const SLOW = /^tests\/(bench|e2e|soak)\/|^tests\/conformance\/(?!algorithm)/;

/**
 * Runs files of tests, several at a time, and then those that must run alone. The last line that it
 * prints is like that of `deno test`: `ok | 1327 passed | 0 failed (2m3s)`.
 *
 * @returns the exit status: 1 if something failed, 2 if a file is missing
 */
export async function runTests(options: RunOptions): Promise<number> {
  const { paths, flags } = options;
  const beganMs = performance.now();
  let files: TestFile[];
  try {
    files = await filesToRun(options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    print(`${error.message}\n`);
    return 2;
  }
  const outcomes: Outcome[] = [];
  function add(outcome: Outcome): void {
    outcomes.push(outcome);
    print(describeOutcome(outcome, paths.length > 0));
  }
  const together = files.filter(({ isAlone }) => !isAlone);
  // Whoever names files wants to see how each of them fares.
  const batches = paths.length > 0 ? together.map((file) => [file]) : batchesOf(together);
  const jobs = batches.map((batch) => () => runTestFiles(batch.map(({ path }) => path), flags));
  if (!flags.includes("--no-check")) {
    jobs.unshift(() => checkTypes(paths.length > 0 ? files.map(({ path }) => path) : []));
  }
  await runTogether(jobs, jobCount(), add);
  for (const { path } of files.filter(({ isAlone }) => isAlone)) {
    add(await runTestFiles([path], flags));
  }

  const total = sumOf(outcomes.map(({ tally }) => tally));
  const bad = outcomes.filter(({ tally }) => tally.failed > 0).map(({ name }) => name);
  print(bad.length > 0 ? `\nfailed: ${bad.join(", ")}\n` : "");
  const word = bad.length > 0 ? "FAILED" : "ok";
  print(`\n${word} | ${formatTally(total)} (${formatTime(performance.now() - beganMs)})\n`);
  return bad.length > 0 ? 1 : 0;
}

async function filesToRun({ paths, isQuick }: RunOptions): Promise<TestFile[]> {
  const files = await findTestFiles(paths.length > 0 ? paths : ["tests"]);
  return isQuick ? files.filter(({ path }) => !SLOW.test(path)) : files;
}

/** Two more than there are cores: many tests mostly wait, and leave theirs to others. */
function jobCount(): number {
  return Number(Deno.env.get("DENO_JOBS") ?? navigator.hardwareConcurrency + 2);
}

async function runTogether(
  jobs: readonly (() => Promise<Outcome>)[],
  atOnce: number,
  add: (outcome: Outcome) => void,
): Promise<void> {
  const waiting = jobs.values();
  async function runOneByOne(): Promise<void> {
    for (const job of waiting) add(await job());
  }
  await Promise.all(Array.from({ length: atOnce }, runOneByOne));
}
