import { parseAdminAddress } from "../config/admin_address.ts";
import { loggerFor } from "../log/logging.ts";
import type { Control } from "../supervisor/control.ts";
import { startAdmin } from "./admin_server.ts";
import type { PageFile } from "./page_file.ts";
import { startTelemetry } from "./telemetry.ts";

export interface AttachInputs {
  readonly control: Control;
  /** Weir's own version. */
  readonly version: string;
  /** The files of the dashboard. */
  readonly pages: readonly PageFile[];
}

/**
 * Starts what shows Weir to the outside, and gives how to end it: OpenTelemetry where it is on, and
 * the admin API where the settings have one. Rejects with an `Error` that says why where that cannot
 * be started.
 */
export async function attachAdmin(
  { control, version, pages }: AttachInputs,
): Promise<() => Promise<void>> {
  const { admin, adminTokenFile: tokenFile } = control.settings;
  const address = parseAdminAddress(admin);
  const running = address === undefined || address.kind === "off"
    ? undefined
    : await startAdmin({ control, address, tokenFile, version, pages });
  if (running !== undefined) {
    const where = address?.kind === "unix" ? running.address : `http://${running.address}`;
    loggerFor("admin").info("Admin API and dashboard: {where}", { where });
  }
  const stopTelemetry = startTelemetry(control);
  return async () => {
    stopTelemetry();
    await running?.close();
  };
}
