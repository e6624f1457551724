import { counted } from "../base/counted.ts";
import { formatAddress } from "../base/address.ts";
import { parseAdminAddress } from "../config/admin_address.ts";
import type { Settings } from "../config/settings.ts";
import { backendAddresses } from "./demo_settings.ts";

/** Formats what to try while the demo runs. */
export function formatInstructions(settings: Settings): string {
  const listeners = settings.listeners.map((listener) => formatAddress(listener.address));
  const backends = backendAddresses(settings).map(formatAddress);
  const [listener = "", backend = ""] = [listeners[0], backends[0]];
  return [
    `${counted(backends.length, "backend")} behind ${counted(listeners.length, "listener")}: ` +
    listeners.join(", "),
    "",
    "Try in another terminal:",
    `  curl -i http://${listener}/main.ts`,
    "      the file, and a header X-Backend that names the backend",
    `  for i in 1 2 3 4 5 6 7; do curl -sI http://${listener}/ | grep X-Backend; done`,
    "      the backends in turn, according to their weights",
    `  curl -i http://${backend}/main.ts`,
    "      403, because this request bypasses Weir",
    ...describeAdmin(settings),
    "",
    "Ctrl-C stops it",
    "",
  ].join("\n");
}

/** How to reach the dashboard, if there is one that a browser can reach. */
function describeAdmin({ admin }: Settings): string[] {
  if (parseAdminAddress(admin)?.kind !== "tcp") return [];
  return ["", "And in a browser:", `  http://${admin}/`, "      the dashboard"];
}
