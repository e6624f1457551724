/** What the command line asks for. */
export interface RunOptions {
  /** Files and folders that were named; empty = all there are. */
  readonly paths: readonly string[];
  /** Passed on to `deno test`. */
  readonly flags: readonly string[];
  /** Whether to leave out what takes long. */
  readonly isQuick: boolean;
  readonly wantsHelp: boolean;
}

/** What `--help` prints. */
export const USAGE = `Runs tests, each file in a process of its own, several at a time.

  deno task test [files and folders] [options of deno test]

  --quick          only what takes no longer than a minute
  --filter TEXT    only tests with such names, as all options of deno test
  --help           print this

DENO_JOBS=N says how many files are run at a time.
`;

/** Those of `deno test` whose value may stand in a word of its own. */
const WITH_VALUE: readonly string[] = ["--filter"];

/** Separates paths from options. Options of `deno test` are passed on as they are. */
export function parseRunOptions(args: readonly string[]): RunOptions {
  const paths: string[] = [];
  const flags: string[] = [];
  const own = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (word === "--quick" || word === "--help") own.add(word);
    else if (!word.startsWith("-")) paths.push(word.replace(/^\.\//, ""));
    else flags.push(word, ...(WITH_VALUE.includes(word) ? args.slice(++i, i + 1) : []));
  }
  return { paths, flags, isQuick: own.has("--quick"), wantsHelp: own.has("--help") };
}
