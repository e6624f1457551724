import { print } from "./print.ts";
import { NOTHING, readTally, type Tally } from "./tally.ts";

const CONFIG = new URL("../../deno.json", import.meta.url);
/** How often to report that a file is still running. */
const REMINDER_MS = 300_000;

/** What has come of files of tests, or of something else that can fail. */
export interface Outcome {
  readonly name: string;
  /** Of whatever failed without counting: one failed case. */
  readonly tally: Tally;
  /** Standard output and error, as they came. */
  readonly output: string;
  readonly tookMs: number;
}

/** Runs the tests of one or more files in a process of their own, with all permissions. */
export function runTestFiles(
  paths: readonly string[],
  flags: readonly string[],
): Promise<Outcome> {
  const [first = "", ...others] = paths;
  const name = others.length === 0 ? first : `${first} and ${others.length} more`;
  return runDeno(name, ["test", "--allow-all", "--no-check", ...flags, ...paths], readTally);
}

/** Checks the types of files, or of the whole project; Deno remembers whether that has changed. */
export function checkTypes(paths: readonly string[]): Promise<Outcome> {
  return runDeno("types", ["check", "--quiet", ...paths], () => NOTHING);
}

async function runDeno(
  name: string,
  [command = "", ...args]: readonly string[],
  read: (output: string) => Tally | undefined,
): Promise<Outcome> {
  const beganMs = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [command, "--config", decodeURIComponent(CONFIG.pathname), ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) output += text;
  }
  const reminder = setInterval(() => remind(name, output), REMINDER_MS);
  await Promise.all([collect(child.stdout), collect(child.stderr)]);
  const { success } = await child.status;
  clearInterval(reminder);

  const counted = read(output);
  const tally = counted ?? NOTHING;
  const isUncounted = tally.failed === 0 && (!success || counted === undefined);
  return {
    name,
    tally: isUncounted ? { ...tally, failed: 1 } : tally,
    output,
    tookMs: performance.now() - beganMs,
  };
}

function remind(name: string, output: string): void {
  const last = output.trimEnd().split("\n").at(-1);
  print(`...  ${name} still runs: ${last}\n`);
}
