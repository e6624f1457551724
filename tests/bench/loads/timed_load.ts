import type { Stage, Standing } from "../stage.ts";
import type { Order } from "../traffic/wire.ts";
import type { Load } from "./load.ts";
import { describeErrors, measure } from "./measure.ts";

/** A load that is one order to the generator for each contestant and round. */
export interface TimedLoad extends Omit<Load, "run" | "once"> {
  /** Creates the order for a sample of the given length. */
  readonly order: (standing: Standing, stage: Stage, durationMs: number) => Order;
}

/** Creates a load that warms every contestant up, then samples them in interleaved rounds. */
export function timedLoad(definition: TimedLoad): Load {
  const { order, ...described } = definition;
  return {
    ...described,
    once: false,
    async run(stage: Stage): Promise<void> {
      const { effort, inputs, traffic } = stage;
      for (const standing of stage.standing) {
        await traffic.run(order(standing, stage, effort.warmUpMs));
      }
      await stage.interleave(stage.standing, async (standing, round) => {
        const { contestant, proxy } = standing;
        inputs.progress(`${definition.name} · round ${round} · ${contestant.name}`);
        const measured = await measure(traffic, proxy, order(standing, stage, effort.sampleMs));
        const problem = describeErrors(measured.outcome);
        if (problem !== null) inputs.complain(`${contestant.name}, ${definition.name}: ${problem}`);
        const { errors } = measured.outcome;
        stage.record(measured.figures, { load: definition.name, contestant, round, errors });
      });
    },
  };
}
