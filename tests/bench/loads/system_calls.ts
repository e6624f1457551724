import { findProgram } from "../find_program.ts";
import { processTree } from "../process_stats.ts";
import type { Stage, Standing } from "../stage.ts";
import type { Outcome } from "../traffic/wire.ts";
import type { Load } from "./load.ts";
import { describeErrors } from "./measure.ts";
import { parseSystemCalls } from "./parse_system_calls.ts";

const PARALLEL = 8;
const DURATION_MS = 20_000;
const ATTACH_MS = 5_000;
const POLL_MS = 20;
/** Long enough for the last sessions to be closed while calls are still counted. */
const SETTLE_MS = 300;

/**
 * System calls per session, counted by strace: separately at the end, as tracing slows everything.
 */
export const systemCalls: Load = {
  name: "system_calls",
  title: "System calls",
  unit: "session",
  note: "all threads; connect, 64 bytes each way, close",
  once: true,
  async run(stage: Stage): Promise<void> {
    if (findProgram("strace") === null) {
      stage.inputs.complain("system_calls: strace is not on the PATH");
      return;
    }
    for (const standing of stage.standing) {
      if (standing.proxy.pid !== null) await trace(stage, standing, standing.proxy.pid);
    }
  },
};

async function trace(stage: Stage, standing: Standing, pid: number): Promise<void> {
  const { contestant, echo } = standing;
  const { children, complain, folder, progress } = stage.inputs;
  progress(`system_calls · ${contestant.name}`);
  const pids = processTree(pid);
  const table = `${folder}/strace-${stage.workers}-${contestant.name}`;
  const args = ["-f", "-c", "-U", "calls,errors,name", "-o", table];
  for (const one of pids) args.push("-p", String(one));
  const child = children.spawn(`${table}.log`, "strace", args);
  let outcome: Outcome;
  try {
    if (!await untilTraced(pids)) {
      complain(`system_calls: strace could not attach to ${contestant.name}`);
      return;
    }
    const order = { endpoint: echo, parallel: PARALLEL, durationMs: DURATION_MS };
    const maxUnits = stage.effort.tracedSessions;
    outcome = await stage.traffic.run({ kind: "connections", ...order, maxUnits });
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  } finally {
    await children.end(child, "SIGINT");
  }
  const problem = describeErrors(outcome);
  if (problem !== null) complain(`${contestant.name}, system_calls: ${problem}`);
  if (outcome.units === 0) return;
  const detail: Record<string, number> = {};
  let total = 0;
  for (const [name, count] of parseSystemCalls(await Deno.readTextFile(table))) {
    detail[name] = count / outcome.units;
    total += count;
  }
  const label = { load: "system_calls", contestant, round: 1, errors: outcome.errors, detail };
  stage.record({ systemCalls: total / outcome.units }, label);
}

/**
 * Waits until every thread of the processes has a tracer; returns whether that happened in time.
 */
async function untilTraced(pids: readonly number[]): Promise<boolean> {
  const deadline = performance.now() + ATTACH_MS;
  while (performance.now() < deadline) {
    if (pids.every(isTraced)) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

function isTraced(pid: number): boolean {
  try {
    for (const task of Deno.readDirSync(`/proc/${pid}/task`)) {
      const status = Deno.readTextFileSync(`/proc/${pid}/task/${task.name}/status`);
      if (/^TracerPid:\s+0$/m.test(status)) return false;
    }
    return true;
  } catch {
    return false;
  }
}
