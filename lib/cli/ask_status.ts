import type { StatusView } from "../admin/status_view.ts";
import type { AdminClient } from "./admin_client.ts";

/** Asks how a running Weir is. Throws as {@linkcode AdminClient.ask} does. */
export function askStatus(client: AdminClient): Promise<StatusView> {
  return client.ask<StatusView>("/api/v1/status", { member: "listeners" });
}
