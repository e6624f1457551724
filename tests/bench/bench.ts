// Measures Weir against HAProxy and nginx: see README.md in this folder.
import { messageOf } from "../../lib/base/message_of.ts";
import { Children } from "./children.ts";
import type { Contestant } from "./contestants/contestant.ts";
import { contestantsWith } from "./contestants/contestants.ts";
import { LOADS } from "./loads/loads.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { readMachine } from "./report/machine.ts";
import { renderPlot } from "./report/plot.ts";
import type { Report } from "./report/report.ts";
import { summarize } from "./report/summary.ts";
import { renderTable } from "./report/table.ts";
import type { Sample } from "./sample.ts";
import { Stage, type StageInputs } from "./stage.ts";
import { Traffic } from "./traffic/traffic.ts";
import { maxSessions } from "./max_sessions.ts";

const USAGE_STATUS = 2;
const INTERRUPTED_STATUS = 130;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    say(`${messageOf(error)}\n`);
    return USAGE_STATUS;
  }
  if (options.help) {
    await print(USAGE);
    return 0;
  }
  if (Deno.build.os !== "linux") {
    say("The benchmark reads processor time and memory from /proc: it needs Linux\n");
    return USAGE_STATUS;
  }
  const children = new Children();
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    void children.endAll();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupt);
  try {
    await write(await run(options, children), options);
    return 0;
  } catch (error) {
    if (!interrupted) throw error;
    say("interrupted\n");
    return INTERRUPTED_STATUS;
  } finally {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, interrupt);
  }
}

async function run(options: Options, children: Children): Promise<Report> {
  const startedAt = new Date().toISOString();
  const problems = new Set<string>();
  const complain = (problem: string) => {
    if (!problems.has(problem)) say(`${problem}\n`);
    problems.add(problem);
  };
  const contestants = await present(options, complain);
  const samples: Sample[] = [];
  const folder = await Deno.makeTempDir({ prefix: "weir-bench-" });
  let traffic: Traffic | undefined;
  try {
    traffic = await Traffic.start(children);
    const inputs: StageInputs = {
      contestants,
      traffic,
      children,
      effort: options.effort,
      folder,
      maxSessions: maxSessions(),
      record: (sample) => samples.push(sample),
      complain,
      progress: (text) => say(`  ${text}\n`),
    };
    for (const [index, workers] of options.workers.entries()) {
      await runStage(new Stage(workers, inputs), options, index === 0);
    }
  } finally {
    await traffic?.close();
    await children.endAll();
    await Deno.remove(folder, { recursive: true });
  }
  return {
    startedAt,
    effort: options.quick ? "quick" : "full",
    rounds: options.effort.rounds,
    machine: await readMachine(contestants),
    problems: [...problems],
    summaries: summarize(samples),
    samples,
  };
}

async function runStage(stage: Stage, options: Options, isFirst: boolean): Promise<void> {
  say(`workers: ${stage.workers}\n`);
  await stage.raise();
  try {
    for (const load of LOADS) {
      if (!options.loads.includes(load.name) || (load.once && !isFirst)) continue;
      await load.run(stage);
    }
  } finally {
    await stage.strike();
  }
}

/** The requested contestants that can take part. */
async function present(
  options: Options,
  complain: (problem: string) => void,
): Promise<Contestant[]> {
  const able: Contestant[] = [];
  const before = options.before === null
    ? null
    : new URL(`file://${await Deno.realPath(options.before)}/`);
  for (const contestant of contestantsWith(before)) {
    if (!options.contestants.includes(contestant.name)) continue;
    const why = await contestant.missing();
    if (why === null) able.push(contestant);
    else complain(`${contestant.name} does not take part: ${why}`);
  }
  return able;
}

async function write(report: Report, options: Options): Promise<void> {
  const table = renderTable(report, LOADS);
  const json = `${JSON.stringify(report, null, 2)}\n`;
  if (options.json === "-") {
    say(table);
    await print(json);
  } else {
    await print(`\n${table}`);
    if (options.json !== null) await Deno.writeTextFile(options.json, json);
  }
  if (options.svg !== null) await Deno.writeTextFile(options.svg, renderPlot(report, LOADS));
}

async function print(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += await Deno.stdout.write(bytes.subarray(written));
  }
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
