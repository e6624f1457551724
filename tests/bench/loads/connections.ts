import type { Stage } from "../stage.ts";
import type { ConnectionsOrder, Endpoint } from "../traffic/wire.ts";
import { timedLoad } from "./timed_load.ts";

const PARALLEL = 32;

/** New connections: connect, 64 bytes in each direction, close. */
export const connections = timedLoad({
  name: "connections",
  title: "New connections",
  unit: "connection",
  note: `connect, 64 bytes each way, close; ${PARALLEL} at a time`,
  order: ({ echo }, stage, durationMs) => connectionsOrder(stage, echo, durationMs),
});

/** The order of this load, for the loads that measure connections under other conditions. */
export function connectionsOrder(
  stage: Stage,
  endpoint: Endpoint,
  durationMs: number,
): ConnectionsOrder {
  const maxUnits = stage.effort.maxConnections;
  return { kind: "connections", endpoint, parallel: PARALLEL, durationMs, maxUnits };
}
