import { ALGORITHM_NAMES } from "../../../lib/config/settings.ts";
import type { Contestant, PlannedListener, Proxy } from "../contestants/contestant.ts";
import type { Stage } from "../stage.ts";
import { formatCount } from "../report/format.ts";
import type { Endpoint } from "../traffic/wire.ts";
import { connectionsOrder } from "./connections.ts";
import type { Load } from "./load.ts";
import { describeErrors, measure } from "./measure.ts";

/** One listener to sample: which contestant's, and what it is called in the tables. */
export interface Place {
  readonly contestant: Contestant;
  readonly series: string;
  readonly step: string;
  readonly listener: PlannedListener;
}

/** New connections with many backends, for every algorithm of Weir. */
export const backends: Load = {
  name: "backends",
  title: "Many backends",
  unit: "connection",
  note: "new connections as above; every backend has an address of its own",
  once: true,
  async run(stage: Stage): Promise<void> {
    const { backendCounts } = stage.effort;
    const { echo } = await stage.traffic.manyBackends(Math.max(...backendCounts));
    const weirs = stage.standing.map(({ contestant }) => contestant).filter(({ isWeir }) => isWeir);
    const places = weirs.flatMap((contestant) =>
      ALGORITHM_NAMES.flatMap((algorithm) =>
        backendCounts.map((count): Place => ({
          contestant,
          series: algorithm,
          step: `${formatCount(count)} backends`,
          listener: { algorithm, backends: echo.slice(0, count) },
        }))
      )
    );
    await samplePlaces(stage, "backends", places);
  },
};

/** Starts one instance per contestant with all its listeners, and samples them interleaved. */
export async function samplePlaces(
  stage: Stage,
  load: string,
  places: readonly Place[],
): Promise<void> {
  const ready: { place: Place; proxy: Proxy; endpoint: Endpoint }[] = [];
  const proxies: Proxy[] = [];
  try {
    for (const contestant of new Set(places.map((place) => place.contestant))) {
      const own = places.filter((place) => place.contestant === contestant);
      const proxy = await stage.open(contestant, own.map((place) => place.listener));
      if (proxy === null) continue;
      proxies.push(proxy);
      for (const [index, place] of own.entries()) {
        ready.push({ place, proxy, endpoint: proxy.endpoints[index] as Endpoint });
      }
    }
    for (const { endpoint } of ready) {
      await stage.traffic.run(connectionsOrder(stage, endpoint, stage.effort.warmUpMs));
    }
    await stage.interleave(ready, async ({ place, proxy, endpoint }, round) => {
      const { contestant, series, step } = place;
      stage.inputs.progress(`${load} · round ${round} · ${contestant.name} · ${series} ${step}`);
      const order = connectionsOrder(stage, endpoint, stage.effort.sampleMs);
      const { figures, outcome } = await measure(stage.traffic, proxy, order);
      const problem = describeErrors(outcome);
      if (problem !== null) {
        stage.inputs.complain(`${contestant.name}, ${load}, ${series} ${step}: ${problem}`);
      }
      stage.record(figures, { load, contestant, round, series, step, errors: outcome.errors });
    });
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  }
}
