import type { AlgorithmName } from "../config/settings.ts";
import type { AlgorithmFactory } from "./algorithm.ts";
import { LeastConnections } from "./least_connections.ts";
import { LeastTime } from "./least_time.ts";
import { P2c } from "./p2c.ts";
import { RandomChoice } from "./random.ts";
import { RoundRobin } from "./round_robin.ts";
import { SourceHash, tableSizeFor } from "./source_hash.ts";
import { WeightedRoundRobin } from "./weighted_round_robin.ts";

/** A factory for each algorithm that the configuration can name. */
export const ALGORITHMS = {
  round_robin: (inputs) => new RoundRobin(inputs),
  weighted_round_robin: (inputs) => new WeightedRoundRobin(inputs),
  random: (inputs) => new RandomChoice(inputs),
  least_connections: (inputs) => new LeastConnections(inputs),
  p2c: (inputs) => new P2c(inputs),
  least_time: (inputs) => new LeastTime(inputs),
  source_hash: (inputs) => new SourceHash({ tableSize: tableSizeFor(inputs.poolSize) }),
} as const satisfies Record<AlgorithmName, AlgorithmFactory>;
