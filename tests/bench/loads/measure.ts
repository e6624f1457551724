import type { Proxy } from "../contestants/contestant.ts";
import { processorTime, processorTimeBetween, processTree } from "../process_stats.ts";
import type { Figures } from "../sample.ts";
import type { Traffic } from "../traffic/traffic.ts";
import { type Order, type Outcome, PIECE_BYTES } from "../traffic/wire.ts";

/** Long enough for a proxy to close what the generator has just closed. */
const SETTLE_MS = 30;

/** What one order cost. */
export interface Measured {
  readonly figures: Figures;
  readonly outcome: Outcome;
}

/** Carries out an order and reads the processor time that the proxy took for it. */
export async function measure(traffic: Traffic, proxy: Proxy, order: Order): Promise<Measured> {
  const pids = proxy.pid === null ? [] : processTree(proxy.pid);
  const before = processorTime(pids);
  const outcome = await traffic.run(order);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const cpuUs = processorTimeBetween(before, processorTime(pids)) / 1000;
  const bulk = order.kind === "download" || order.kind === "upload";
  const units = outcome.units * (bulk ? PIECE_BYTES / 2 ** 30 : 1);
  if (units === 0) return { figures: {}, outcome };
  const perSecond = units / (outcome.elapsedMs / 1000);
  const { p50Us, p99Us, p999Us } = outcome;
  return {
    figures: {
      ...(proxy.pid === null ? {} : { cpuUs: cpuUs / units }),
      perSecond,
      ...(bulk ? {} : { p50Us, p99Us, p999Us }),
    },
    outcome,
  };
}

/** Describes what went wrong, for the list of problems; null if nothing did. */
export function describeErrors(outcome: Outcome): string | null {
  if (outcome.errors === 0) return null;
  return `${outcome.errors} of ${
    outcome.units + outcome.errors
  } failed, first: ${outcome.firstError}`;
}
