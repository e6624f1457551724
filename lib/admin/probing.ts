import { jsonAnswer } from "./json_answer.ts";
import type { Call, Desk } from "./route.ts";

/** Answers as long as the main thread does. */
export function answerAlive(): Response {
  return jsonAnswer({ alive: true });
}

/** Answers whether new sessions are welcome, and the reasons if they are not. */
export function answerReady(_call: Call, { watch }: Desk): Response {
  const { ready, notReadyReasons } = watch.view;
  return jsonAnswer({ ready, reasons: notReadyReasons }, ready ? 200 : 503);
}

export function answerMetrics({ request }: Call, desk: Desk): Response {
  return desk.metrics(request.headers.get("accept"));
}
