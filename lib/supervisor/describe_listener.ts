import { formatAddress } from "../base/address.ts";
import { counted } from "../base/counted.ts";
import { listSome } from "../base/list_some.ts";
import type { BackendSettings, ListenerSettings, PoolSettings } from "../config/settings.ts";
import type { EngineChoice } from "../engine/choose_engine.ts";

/** Longer lists are cut, and the rest is counted. */
const MOST_LISTED_BACKENDS = 8;

/** One line about a listener for the log at start: its addresses, and how it serves clients. */
export function describeListener(
  { key, addresses }: ListenerSettings,
  { name, algorithm, backends }: PoolSettings,
  { engine, reason }: EngineChoice,
  workers: number,
): string {
  const names = listSome(backends.map(describeBackend), MOST_LISTED_BACKENDS).join(", ");
  const pool = name === key ? "" : `pool ${name}, `;
  const over = backends.length === 0
    ? "no backend yet"
    : `${counted(backends.length, "backend")} (${names})`;
  return `Listening on ${
    addresses.map(formatAddress).join(", ")
  }: ${pool}${algorithm} over ${over}, ` +
    `engine ${engine} (${reason}), ${counted(workers, "worker")}`;
}

function describeBackend(backend: BackendSettings): string {
  const { name, weight, backup, maxConnections } = backend;
  const flags = [
    weight === 1 ? "" : ` weight ${weight}`,
    backup ? " backup" : "",
    maxConnections === 0 ? "" : ` max_connections ${maxConnections}`,
  ];
  return name + flags.join("");
}
