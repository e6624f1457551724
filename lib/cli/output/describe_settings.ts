import { listSections, type Section } from "../../admin/dashboard/page/sections.js";
import { formatAddress } from "../../base/address.ts";
import { counted } from "../../base/counted.ts";
import { maskControls } from "../../config/quote.ts";
import { KNOWN_FLAGS, KNOWN_KEYS, type KnownKey } from "../../config/schema.ts";
import { showValue } from "../../config/secret.ts";
import type {
  AlgorithmName,
  BackendSettings,
  ListenerSettings,
  PoolSettings,
  Settings,
} from "../../config/settings.ts";

/** What the shares of each algorithm refer to. */
const SHARED_THING: Readonly<Record<AlgorithmName, string>> = {
  round_robin: "of sessions",
  weighted_round_robin: "of sessions",
  random: "of sessions",
  least_connections: "of active sessions",
  p2c: "of active sessions, if all are equally fast",
  least_time: "of active sessions, if all answer equally fast",
  source_hash: "of clients",
};

/**
 * Describes settings for people: the listeners, then each pool with its backends, the share of
 * sessions that each backend should get, and every option that differs from its default. A pool is
 * described together with its only listener if both have the same name.
 */
export function describeSettings(settings: Settings): string {
  const general = changedKeys("global", settings).map((option) => `, ${option}`).join("");
  const workers = counted(settings.workers, "worker");
  return [
    `${maskControls(settings.file)} is valid: ${workers}${general}`,
    ...listSections(settings).flatMap((section) => ["", ...describeSection(section)]),
    "",
  ].join("\n");
}

function describeSection(section: Section<ListenerSettings, PoolSettings>): string[] {
  const { listener, pool } = section;
  const options = [
    ...listener === undefined ? [] : changedKeys("listener", listener),
    ...pool === undefined ? [] : changedKeys("pool", pool),
  ].filter((option) => !option.startsWith("algorithm = "));
  return [
    maskControls(headOf(section)),
    ...(pool === undefined ? [] : alignColumns(rowsOf(pool))).map((row) => `  ${row}`),
    ...options.map((option) => `  ${option}`),
  ];
}

function headOf({ listener, pool, users }: Section<ListenerSettings, PoolSettings>): string {
  if (listener === undefined) {
    const name = `pool ${pool?.name}`;
    const keys = users.map(({ key }) => key);
    return keys.length === 0
      ? `${name} is unused, ${pool?.algorithm}`
      : `${name} serves ${keys.join(", ")}, ${pool?.algorithm}`;
  }
  const { key, addresses } = listener;
  return `${key} listens on ${addresses.map(formatAddress).join(", ")}, ` +
    (pool === undefined ? `pool ${listener.pool}` : pool.algorithm);
}

function rowsOf(pool: PoolSettings): string[][] {
  const shares = describeShares(pool);
  return pool.backends.map((backend, index) => [
    maskControls(backend.name),
    backend.kind === "service" ? "" : `weight ${backend.weight}`,
    shares[index] as string,
    ...describeFlags(backend),
  ]);
}

/** A group of backends among which sessions are shared: the primaries, or the backups. */
interface Tier {
  readonly total: number;
  /**
   * Whether a service name is among them: only DNS knows how many backends it has, and their
   * weights.
   */
  readonly isOpen: boolean;
}

/** Describes the share of each backend, in their order. */
function describeShares({ algorithm, backends }: PoolSettings): string[] {
  const portion = ({ weight }: BackendSettings) => algorithm === "round_robin" ? 1 : weight;
  const tierOf = (isBackup: boolean): Tier => {
    const tier = backends.filter((each) => each.backup === isBackup && takesSessions(each));
    const total = tier.reduce((sum, backend) => sum + portion(backend), 0);
    return { total, isOpen: tier.some(({ kind }) => kind === "service") };
  };
  const [primaries, backups] = [tierOf(false), tierOf(true)];
  return backends.map((backend) => {
    if (!takesSessions(backend)) return "takes no new sessions";
    const condition = backend.backup ? "once no other backend can" : "";
    const { total, isOpen } = backend.backup ? backups : primaries;
    if (isOpen) return condition;
    const percent = (100 * portion(backend)) / total;
    const written = percent < 0.05 ? "under 0.1" : percent.toFixed(1).replace(/\.0$/, "");
    const share = `${written} % ${SHARED_THING[algorithm]}`;
    return condition === "" ? share : `${share}, ${condition}`;
  });
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
  // The weight has a column of its own.
  const shown = KNOWN_FLAGS.filter(({ setting }) => setting !== "weight");
  return shown.filter((flag) => values[flag.setting] !== flag.default).map((flag) =>
    flag.type === undefined ? flag.name : `${flag.name}=${flag.type.format(values[flag.setting])}`
  );
}

// The number of workers is shown anyway: "auto" is already resolved, so it would always differ.
function changedKeys(
  scope: KnownKey["scope"],
  settings: Settings | ListenerSettings | PoolSettings,
): string[] {
  const values = settings as unknown as Readonly<Record<string, unknown>>;
  return KNOWN_KEYS
    .filter((key) => key.scope === scope && key.setting !== "workers")
    .filter(({ setting, type, default: value }) =>
      type.format(values[setting]) !== type.format(value)
    )
    .map((key) => `${key.name} = ${maskControls(showValue(key, values[key.setting]))}`);
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
