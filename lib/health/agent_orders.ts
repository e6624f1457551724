import type { BackendModeName } from "../config/settings.ts";
import type { AgentHealth, AgentReply } from "./agent_reply.ts";

/** What a backend's agent wants, by all of its replies so far. */
export interface AgentOrders {
  readonly health: AgentHealth;
  readonly mode: BackendModeName;
  /** A percentage of the weight that the file or an operator has set. */
  readonly weightPercent: number;
  /** Replaces the file's `max_connections`; 0 = no limit. Absent if the agent has set none. */
  readonly maxConnections?: number;
}

/** What applies before an agent has said anything. */
export const NO_ORDERS: AgentOrders = {
  health: { isDown: false, reason: "up" },
  mode: "ready",
  weightPercent: 100,
};

/** The heaviest weight; what a percentage makes of a weight is capped here, as in HAProxy. */
const MOST_WEIGHT = 256;
/** The lightest weight that is not 0: one unit of the shared state. */
const LEAST_WEIGHT = 0.01;

const STRICTNESS: Readonly<Record<BackendModeName, number>> = {
  ready: 0,
  drain: 1,
  maintenance: 2,
};

/** Updates orders by a reply. What the reply does not mention stays. */
export function obey(
  orders: AgentOrders,
  { health, mode, weightPercent, maxConnections }: AgentReply,
): AgentOrders {
  return {
    health: health ?? orders.health,
    mode: mode ?? orders.mode,
    weightPercent: weightPercent ?? orders.weightPercent,
    ...withLimit(maxConnections ?? orders.maxConnections),
  };
}

/**
 * The mode in force, of the one that the file or an operator wants and the one that the agent
 * wants: the stricter of both, so that neither takes back what the other one has ordered.
 */
export function strictestMode(wanted: BackendModeName, ordered: BackendModeName): BackendModeName {
  return STRICTNESS[ordered] > STRICTNESS[wanted] ? ordered : wanted;
}

/**
 * The weight in force: a percentage of the one that the file or an operator has set, at most 256. It
 * is 0 only if one of both is.
 */
export function weightOfPercent(weight: number, percent: number): number {
  if (weight === 0 || percent === 0) return 0;
  return Math.min(Math.max(weight * percent / 100, LEAST_WEIGHT), MOST_WEIGHT);
}

/** Formats orders in an agent's own words; empty where they change nothing. */
export function formatOrders(orders: AgentOrders): string {
  const { health, mode, weightPercent, maxConnections } = orders;
  return [
    ...(health.isDown ? [health.reason] : []),
    ...(mode === "ready" ? [] : [mode === "drain" ? "drain" : "maint"]),
    ...(weightPercent === 100 ? [] : [`${weightPercent}%`]),
    ...(maxConnections === undefined ? [] : [`maxconn:${maxConnections}`]),
  ].join(", ");
}

function withLimit(maxConnections: number | undefined): Pick<AgentOrders, "maxConnections"> {
  return maxConnections === undefined ? {} : { maxConnections };
}
