import { formatCount } from "../report/format.ts";
import type { Stage, Standing } from "../stage.ts";
import { type Place, samplePlaces } from "./backends.ts";
import { connectionsOrder } from "./connections.ts";
import type { Load } from "./load.ts";
import { describeErrors, measure } from "./measure.ts";

/** Long enough for thousands of sessions to be closed. */
const RELEASE_MS = 500;

/** What a connection costs alongside idle sessions, and with more backends: it must stay flat. */
export const growth: Load = {
  name: "growth",
  title: "Growth",
  unit: "connection",
  note: "new connections as above; round robin",
  once: true,
  async run(stage: Stage): Promise<void> {
    const standing = stage.standing.filter(({ proxy }) => proxy.pid !== null);
    for (const { echo } of standing) {
      await stage.traffic.run(connectionsOrder(stage, echo, stage.effort.warmUpMs));
    }
    await stage.interleave(standing, (one, round) => sampleBesideIdle(stage, one, round));
    const { growthBackends } = stage.effort;
    const { echo } = await stage.traffic.manyBackends(Math.max(...growthBackends));
    const places = standing.flatMap(({ contestant }) =>
      growthBackends.map((count): Place => ({
        contestant,
        series: "by backends",
        step: `${formatCount(count)} backends`,
        listener: { backends: echo.slice(0, count) },
      }))
    );
    await samplePlaces(stage, "growth", places);
  },
};

async function sampleBesideIdle(stage: Stage, standing: Standing, round: number): Promise<void> {
  const { effort, inputs, traffic } = stage;
  const { contestant, proxy, echo } = standing;
  let held = 0;
  for (const wanted of effort.growthSessions) {
    const count = Math.min(wanted, inputs.maxSessions) - held;
    if (count > 0) held += (await traffic.run({ kind: "hold", endpoint: echo, count })).units;
    const step = `${formatCount(wanted)} idle`;
    inputs.progress(`growth · round ${round} · ${contestant.name} · ${step}`);
    const order = connectionsOrder(stage, echo, effort.sampleMs);
    const { figures, outcome } = await measure(traffic, proxy, order);
    const problem = held < wanted
      ? `${wanted - held} of ${wanted} idle sessions could not be opened`
      : describeErrors(outcome);
    if (problem !== null) inputs.complain(`${contestant.name}, growth, ${step}: ${problem}`);
    const label = { load: "growth", series: "by idle sessions", step, errors: outcome.errors };
    stage.record(figures, { ...label, contestant, round });
  }
  await traffic.run({ kind: "release" });
  await new Promise((resolve) => setTimeout(resolve, RELEASE_MS));
}
