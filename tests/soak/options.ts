import { parseArgs } from "node:util";
import { ENGINES } from "../support/both_engines.ts";

/** What the command line asks for. */
export interface SoakOptions {
  readonly minutes: number;
  readonly engines: readonly (typeof ENGINES[number])[];
  /** Where the random numbers begin: which clients come, and what happens meanwhile. */
  readonly seed: number;
  /** New clients in a second. */
  readonly rate: number;
}

/** What `--help` prints. */
export const USAGE =
  `Runs Weir under mixed load, with backends that come and go and settings that change.

  deno task soak [options]

  --minutes N      how long, for each engine (default 10)
  --engine NAME    streams, native or both (default both: one after the other)
  --seed N         the same seed brings the same clients and events (default 1)
  --rate N         new clients in a second (default 200)
  --help           print this
`;

/**
 * Reads the command line; `undefined` if it asks for help. Throws a `TypeError` or `RangeError`.
 */
export function parseSoakOptions(args: readonly string[]): SoakOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      minutes: { type: "string", default: "10" },
      engine: { type: "string", default: "both" },
      seed: { type: "string", default: "1" },
      rate: { type: "string", default: "200" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const engines = ENGINES.filter((name) => values.engine === name || values.engine === "both");
  if (engines.length === 0) {
    throw new RangeError(`--engine is "${values.engine}", and must be streams, native or both`);
  }
  return {
    minutes: positive("minutes", values.minutes),
    engines,
    seed: positive("seed", values.seed),
    rate: positive("rate", values.rate),
  };
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new RangeError(`--${name} is "${text}", and must be more than 0`);
  return number;
}
