import { parseArgs } from "node:util";
import { CONTESTANT_NAMES, type ContestantName } from "./contestants/contestant.ts";
import { type Effort, FULL_EFFORT, QUICK_EFFORT } from "./effort.ts";
import { LOAD_NAMES, type LoadName } from "./loads/load.ts";

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly effort: Effort;
  readonly workers: readonly number[];
  readonly loads: readonly LoadName[];
  readonly contestants: readonly ContestantName[];
  /** The folder of another checkout of Weir, to compare this one with, or null. */
  readonly before: string | null;
  /** Where the JSON goes: a path, `-` for standard output, or nowhere. */
  readonly json: string | null;
  /** The path that the plot is written to, or null. */
  readonly svg: string | null;
}

/** What `--help` prints. */
export const USAGE = `Measures Weir against HAProxy and nginx, as ratios within one run.

  deno task bench [options]

  --workers 1,2       worker counts, each measured with all contestants (default 1,2)
  --rounds N          interleaved rounds (default 5; 1 with --quick)
  --seconds N         length of a timed sample (default 2; 0.2 with --quick)
  --only LOAD,…       ${LOAD_NAMES.join(", ")}
  --contestants C,…   ${CONTESTANT_NAMES.join(", ")}
  --before FOLDER     another checkout of Weir, to show how the figures have changed since
  --quick             a short run that shows that everything works, and little about speed
  --no-strace         leave out the system calls
  --json FILE         write everything as JSON; - writes it to standard output, the table to
                      standard error
  --svg FILE          write the ratios as a plot
  --help              print this
`;

/** Reads the command line. Throws a `TypeError` or `RangeError` that says what is wrong. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      workers: { type: "string" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      only: { type: "string" },
      contestants: { type: "string" },
      before: { type: "string" },
      quick: { type: "boolean", default: false },
      "no-strace": { type: "boolean", default: false },
      json: { type: "string" },
      svg: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const effort = values.quick ? QUICK_EFFORT : FULL_EFFORT;
  const loads = choices("only", values.only, LOAD_NAMES);
  return {
    help: values.help,
    quick: values.quick,
    effort: {
      ...effort,
      rounds: positive("rounds", values.rounds, { fallback: effort.rounds, whole: true }),
      sampleMs: 1000 * positive("seconds", values.seconds, { fallback: effort.sampleMs / 1000 }),
    },
    workers: (values.workers ?? (values.quick ? "1" : "1,2")).split(",").map((text) =>
      positive("workers", text, { fallback: 1, whole: true })
    ),
    loads: loads.filter((name) => !(values["no-strace"] && name === "system_calls")),
    contestants: choices("contestants", values.contestants, CONTESTANT_NAMES),
    before: values.before ?? null,
    json: values.json ?? null,
    svg: values.svg ?? null,
  };
}

function choices<T extends string>(
  flag: string,
  text: string | undefined,
  allowed: readonly T[],
): readonly T[] {
  if (text === undefined) return allowed;
  const wanted = text.split(",").map((one) => one.trim());
  for (const one of wanted) {
    if (allowed.some((name) => name === one)) continue;
    throw new RangeError(`--${flag} takes ${allowed.join(", ")}: got "${one}"`);
  }
  return allowed.filter((name) => wanted.includes(name));
}

function positive(
  flag: string,
  text: string | undefined,
  { fallback, whole = false }: { fallback: number; whole?: boolean },
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (value > 0 && Number.isFinite(value) && !(whole && !Number.isInteger(value))) return value;
  const kind = whole ? "whole numbers" : "numbers";
  throw new RangeError(`--${flag} takes ${kind} above 0: got "${text}"`);
}
