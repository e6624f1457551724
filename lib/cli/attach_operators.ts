import { parseAdminAddress } from "../config/admin_address.ts";
import type { Settings } from "../config/settings.ts";
import { readDescriptorLimit } from "../engine/native/libc/descriptor_limit.ts";
import { loggerFor } from "../log/logging.ts";
import type { Control } from "../supervisor/control.ts";
import { filesLeft, type OpenFilesLimit, readOpenFilesLimit } from "../supervisor/open_files.ts";
import { VERSION } from "./version.ts";

/** The limit on most systems, used if the actual one is not known. */
const ASSUMED_LIMIT: OpenFilesLimit = { soft: 1_024, hard: 1_024 };

/**
 * Starts the interfaces for operators: the admin API with its dashboard, if it is configured, and
 * the export of metrics, if Deno's telemetry is on. Returns a function that stops them. Rejects if
 * they cannot be started.
 */
export async function attachOperators(
  control: Control,
  settings: Settings,
): Promise<() => Promise<void>> {
  const stopAdmin = await attachAdmin(control, settings);
  const { startTelemetry } = await import("../admin/metrics/telemetry.ts");
  const stopTelemetry = startTelemetry(control);
  return async () => {
    stopTelemetry();
    await stopAdmin();
  };
}

/** The code of the admin API is loaded only if it is configured. */
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
    // Computed each time, because a reload may change how many the sessions need.
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
