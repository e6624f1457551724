import { formatAddress } from "../base/address.ts";
import { maskControls } from "../config/quote.ts";
import { KNOWN_FLAGS, KNOWN_KEYS, type KnownKey } from "../config/schema.ts";
import type {
  AlgorithmName,
  BackendSettings,
  ListenerSettings,
  Settings,
} from "../config/settings.ts";

/** What a share is a share of, for each algorithm. */
const SHARED_THING: Readonly<Record<AlgorithmName, string>> = {
  round_robin: "of sessions",
  weighted_round_robin: "of sessions",
  random: "of sessions",
  least_connections: "of active sessions",
  p2c: "of active sessions, if all are equally fast",
  source_hash: "of clients",
};

/**
 * Writes for people what settings mean: each listener with its backends, what share of the sessions
 * each backend is to get, and every option that differs from its default.
 */
export function describeSettings(settings: Settings): string {
  const general = changedKeys("global", settings).map((option) => `, ${option}`).join("");
  const workers = `${settings.workers} ${settings.workers === 1 ? "worker" : "workers"}`;
  return [
    `${maskControls(settings.file)} is valid: ${workers}${general}`,
    ...settings.listeners.flatMap((listener) => ["", ...describeListener(listener)]),
    "",
  ].join("\n");
}

function describeListener(listener: ListenerSettings): string[] {
  const { key, address, algorithm, backends } = listener;
  const rows = backends.map((backend) => [
    maskControls(backend.name),
    backend.kind === "service" ? "" : `weight ${backend.weight}`,
    describeShare(backend, listener),
    ...describeFlags(backend),
  ]);
  const options = changedKeys("listener", listener)
    .filter((option) => !option.startsWith("algorithm = "));
  return [
    `${maskControls(key)} listens on ${formatAddress(address)}, ${algorithm}`,
    ...alignColumns(rows).map((row) => `  ${row}`),
    ...options.map((option) => `  ${option}`),
  ];
}

function describeShare(backend: BackendSettings, listener: ListenerSettings): string {
  if (!takesSessions(backend)) return "takes no new sessions";
  const condition = backend.backup ? "once no other backend can" : "";
  const tier = listener.backends.filter((other) =>
    other.backup === backend.backup && takesSessions(other)
  );
  // How many backends a service name stands for, and with which weights, only DNS knows.
  if (tier.some((other) => other.kind === "service")) return condition;
  const portion = (other: BackendSettings) =>
    listener.algorithm === "round_robin" ? 1 : other.weight;
  const total = tier.reduce((sum, other) => sum + portion(other), 0);
  const percent = ((100 * portion(backend)) / total).toFixed(1).replace(/\.0$/, "");
  const share = `${percent} % ${SHARED_THING[listener.algorithm]}`;
  return condition === "" ? share : `${share}, ${condition}`;
}

function takesSessions(backend: BackendSettings): boolean {
  return backend.weight > 0 && backend.mode === "ready";
}

function describeFlags(backend: BackendSettings): string[] {
  const values: Readonly<Record<string, unknown>> = {
    ...backend,
    drain: backend.mode === "drain",
    maintenance: backend.mode === "maintenance",
  };
  return KNOWN_FLAGS.filter((flag) => values[flag.setting] !== flag.default).map((flag) =>
    flag.type === undefined ? flag.name : `${flag.name}=${flag.type.format(values[flag.setting])}`
  );
}

// The number of workers is shown anyway: "auto" is resolved, and so it always differs.
function changedKeys(scope: KnownKey["scope"], settings: Settings | ListenerSettings): string[] {
  const values = settings as unknown as Readonly<Record<string, unknown>>;
  return KNOWN_KEYS
    .filter((key) => key.scope === scope && key.setting !== "workers")
    .map(({ name, setting, type, default: value }) => ({
      name,
      written: type.format(values[setting]),
      default: type.format(value),
    }))
    .filter((key) => key.written !== key.default)
    .map((key) => `${key.name} = ${maskControls(key.written)}`);
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] as number)).join("  ").trimEnd()
  );
}
