import { closestWord } from "../../base/closest_word.ts";
import { chooseMetricsFormat, METRICS_CONTENT_TYPES } from "../metrics/metrics_text.ts";
import type { ListenerView } from "../metrics/status_view.ts";
import { Problem } from "../server/problem.ts";
import { jsonReply, type Reply } from "../server/reply.ts";
import type { Call, Desk } from "./route.ts";

/** Answers as long as the main thread runs. */
export function answerAlive(): Reply {
  return jsonReply({ alive: true });
}

/**
 * Answers whether this process accepts clients and is not shutting down, with the reasons if it
 * does not. If a listener is given, the backends of its pool count too.
 */
export function answerReady({ parameters }: Call, { watch }: Desk): Reply {
  const { listeners, notReadyReasons } = watch.view;
  const { listener: key } = parameters;
  const asked = key === undefined ? [] : [findListener(listeners, String(key))];
  const reasons = [notReadyReasons, ...asked.map((listener) => listener.notReadyReasons)].flat();
  return jsonReply({ ready: reasons.length === 0, reasons }, statusOf(reasons));
}

/** Answers for each pool whether it has a backend that takes sessions. */
export function answerPools(_call: Call, { watch }: Desk): Reply {
  const { listeners, notReadyReasons, pools: all } = watch.view;
  const pools = all.filter(({ leaving }) => !leaving)
    .map(({ name, ready }) => ({ pool: name, ready }));
  const reasons = [notReadyReasons, ...listeners.map((listener) => listener.notReadyReasons)]
    .flat();
  return jsonReply({ ready: reasons.length === 0, reasons, pools }, statusOf(reasons));
}

export function answerMetrics({ request }: Call, { shared }: Desk): Reply {
  const format = chooseMetricsFormat(request.headers.get("accept"));
  const headers = { "content-type": METRICS_CONTENT_TYPES[format], vary: "accept" };
  return { status: 200, headers, body: shared.metrics(format) };
}

function findListener(listeners: readonly ListenerView[], key: string): ListenerView {
  const listener = listeners.find((listener) => listener.key === key);
  if (listener !== undefined) return listener;
  const meant = closestWord(key, listeners.map((listener) => listener.key));
  const advice = meant === undefined ? "; see GET /readyz/pools" : `; did you mean "${meant}"?`;
  throw new Problem(404, `There is no listener "${key}"${advice}`);
}

function statusOf(reasons: readonly string[]): number {
  return reasons.length === 0 ? 200 : 503;
}
