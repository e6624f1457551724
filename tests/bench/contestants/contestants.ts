import type { Contestant } from "./contestant.ts";
import { direct } from "./direct.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import { weir } from "./weir.ts";

/** Everything that may take part, in the order in which the tables show it. */
export const CONTESTANTS: readonly Contestant[] = [
  direct,
  haproxy,
  nginx,
  weir("weir-streams", "streams"),
  weir("weir-native", "native"),
];
