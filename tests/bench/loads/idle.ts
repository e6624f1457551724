import type { Contestant, Proxy } from "../contestants/contestant.ts";
import { memoryKib, processorTime, processorTimeBetween, processTree } from "../process_stats.ts";
import type { Figures } from "../sample.ts";
import type { Stage } from "../stage.ts";
import type { Endpoint } from "../traffic/wire.ts";
import { connectionsOrder } from "./connections.ts";
import type { Load } from "./load.ts";
import { describeErrors } from "./measure.ts";

/** Long enough for buffers that are no longer used to be freed. */
const SETTLE_MS = 1_000;

/**
 * Sessions that are open and idle. Every sample restarts its contestant, because memory that the
 * process has kept from an earlier sample would hide what this one takes.
 */
export const idle: Load = {
  name: "idle",
  title: "Idle sessions",
  unit: "session",
  note: "sessions that made one exchange and stay open; a fresh process for each sample",
  once: false,
  async run(stage: Stage): Promise<void> {
    const contestants = stage.standing.filter(({ proxy }) => proxy.pid !== null);
    await stage.interleave(contestants, async ({ contestant }, round) => {
      stage.inputs.progress(`idle · round ${round} · ${contestant.name}`);
      const proxy = await stage.open(contestant, [{ backends: stage.traffic.backends.echo }]);
      if (proxy === null) return;
      try {
        await sample(stage, { contestant, proxy, round });
      } finally {
        await proxy.stop();
      }
    });
  },
};

async function sample(
  stage: Stage,
  { contestant, proxy, round }: { contestant: Contestant; proxy: Proxy; round: number },
): Promise<void> {
  const { effort, inputs, traffic } = stage;
  const endpoint = proxy.endpoints[0] as Endpoint;
  const pids = processTree(proxy.pid as number);
  await traffic.run(connectionsOrder(stage, endpoint, effort.warmUpMs));
  await pause(SETTLE_MS);
  const before = memoryKib(pids);
  const count = Math.min(effort.idleSessions, inputs.maxSessions);
  const outcome = await traffic.run({ kind: "hold", endpoint, count });
  await pause(SETTLE_MS);
  const memory = memoryKib(pids) - before;
  const start = performance.now();
  const timeBefore = processorTime(pids);
  await pause(effort.idleWatchMs);
  const busyMs = processorTimeBetween(timeBefore, processorTime(pids)) / 1e6;
  const watchedMs = performance.now() - start;
  await traffic.run({ kind: "release" });
  const problem = describeErrors(outcome);
  if (problem !== null) inputs.complain(`${contestant.name}, idle: ${problem}`);
  const figures: Figures = outcome.units === 0 ? {} : {
    memoryKib: memory / outcome.units,
    idlePercent: 100 * busyMs / watchedMs,
  };
  stage.record(figures, { load: "idle", contestant, round, errors: outcome.errors });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
