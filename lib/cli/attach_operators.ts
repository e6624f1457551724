import { parseAdminAddress } from "../config/admin_address.ts";
import type { Settings } from "../config/settings.ts";
import { readDescriptorLimit } from "../engine/native/descriptor_limit.ts";
import { loggerFor } from "../log/logging.ts";
import type { Control } from "../supervisor/control.ts";
import { filesLeft, type OpenFilesLimit, readOpenFilesLimit } from "../supervisor/open_files.ts";
import { VERSION } from "./version.ts";

/** What most systems give a process, for where it cannot be known. */
const ASSUMED_LIMIT: OpenFilesLimit = { soft: 1_024, hard: 1_024 };

/**
 * Starts what operators reach Weir by: the admin API with its dashboard where the settings ask for
 * it, and the export of metrics where Deno's telemetry is on. Gives how to end it. Rejects where it
 * cannot be had.
 */
export async function attachOperators(
  control: Control,
  settings: Settings,
): Promise<() => Promise<void>> {
  const stopAdmin = await attachAdmin(control, settings);
  const { startTelemetry } = await import("../admin/telemetry.ts");
  const stopTelemetry = startTelemetry(control);
  return async () => {
    stopTelemetry();
    await stopAdmin();
  };
}

/** The code of the admin API is loaded only where it is wanted. */
async function attachAdmin(control: Control, settings: Settings): Promise<() => Promise<void>> {
  const address = parseAdminAddress(settings.admin);
  if (address === undefined || address.kind === "off") return () => Promise.resolve();
  const [{ startAdmin }, { DASHBOARD_ASSETS }] = await Promise.all([
    import("../admin/admin_server.ts"),
    import("../admin/dashboard/assets.ts"),
  ]);
  const limit = readOpenFilesLimit(readDescriptorLimit) ?? ASSUMED_LIMIT;
  const admin = await startAdmin({
    control,
    // Asked anew each time, because a reload may change what the sessions need.
    filesLeft: () => filesLeft(control.settings, limit),
    address,
    tokenFile: settings.adminTokenFile,
    version: VERSION,
    pages: DASHBOARD_ASSETS,
  });
  const where = admin.address.startsWith("unix:") ? admin.address : `http://${admin.address}/`;
  loggerFor("admin").info("Dashboard and admin API at {where}", { where });
  return () => admin.close();
}
