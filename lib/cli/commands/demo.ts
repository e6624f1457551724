import { formatAddress } from "../../base/address.ts";
import { counted } from "../../base/counted.ts";
import { messageOf } from "../../base/message_of.ts";
import { parseAdminAddress } from "../../config/admin_address.ts";
import { type LoadedFiles, loadSettings } from "../../config/load_settings.ts";
import type { Settings } from "../../config/settings.ts";
import { closeBackends, type DemoBackend, startBackends } from "../../demo/demo_backend.ts";
import { backendAddresses, demoSettings } from "../../demo/demo_settings.ts";
import { SharedFolder } from "../../demo/shared_folder.ts";
import { supervise } from "../../supervisor/supervise.ts";
import { attachOperators } from "../attach_operators.ts";
import type { CommandInputs } from "../command.ts";
import { detectEnvironment } from "../environment.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import { reportDiagnostics } from "../output/report_diagnostics.ts";
import { requireFile } from "../require_file.ts";
import { VERSION } from "../version.ts";

/** Starts the backends that the file maps to, and Weir in front of them, until a signal arrives. */
export async function demo(inputs: CommandInputs): Promise<number> {
  const { file, entry, terminal } = inputs;
  await requireFile(file);
  const load = () => loadSettings(file, detectEnvironment());
  const loaded = await load();
  reportDiagnostics(loaded.diagnostics, terminal);
  if (loaded.settings === undefined) return EXIT_STATUS.wrongUsage;
  let settings: Settings;
  try {
    settings = demoSettings(loaded.settings);
  } catch (error) {
    terminal.printError(`weir: ${messageOf(error)}\n`);
    return EXIT_STATUS.wrongUsage;
  }
  let backends: DemoBackend[];
  try {
    const folder = await SharedFolder.open(entry.projectFolder);
    backends = await startBackends(backendAddresses(settings), folder);
  } catch (error) {
    terminal.printError(`weir: ${messageOf(error)}\n`);
    return EXIT_STATUS.failed;
  }
  terminal.print(formatInstructions(settings));
  try {
    return await supervise({
      settings,
      files: loaded.files,
      workerUrls: entry.workerUrls,
      version: VERSION,
      attach: (control) => attachOperators(control, settings),
      load: async () => asDemo(await load()),
    });
  } finally {
    await closeBackends(backends);
  }
}

// Settings that the demo cannot use are treated as invalid, so the old ones stay in force.
function asDemo(loaded: LoadedFiles): LoadedFiles {
  if (loaded.settings === undefined) return loaded;
  try {
    return { ...loaded, settings: demoSettings(loaded.settings) };
  } catch {
    return { diagnostics: loaded.diagnostics, files: loaded.files };
  }
}

/** Formats what to try while the demo runs. */
function formatInstructions(settings: Settings): string {
  const listeners = settings.listeners.flatMap(({ addresses }) => addresses.map(formatAddress));
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
