import type { StatusView } from "../../admin/metrics/status_view.ts";
import type { AdminClient } from "./admin_client.ts";
import { ANSWER_SHAPES } from "./answer_shapes.ts";

/** Fetches the status of a running Weir. Rejects as {@linkcode AdminClient.ask} does. */
export function askStatus(client: AdminClient): Promise<StatusView> {
  return client.ask<StatusView>("/api/v1/status", { shape: ANSWER_SHAPES.status });
}
