import { formatAddress } from "../base/address.ts";
import type { BackendSettings, ListenerSettings } from "../config/settings.ts";
import type { EngineChoice } from "../engine/choose_engine.ts";

/** A list that is longer is cut, and the rest counted. */
const MOST_LISTED_BACKENDS = 8;

/** One line about a listener, for the log at start: where it is, and what it does with clients. */
export function describeListener(
  listener: ListenerSettings,
  { engine, reason }: EngineChoice,
  workers: number,
): string {
  const { address, algorithm, backends } = listener;
  const names = backends.slice(0, MOST_LISTED_BACKENDS).map(describeBackend);
  const left = backends.length - names.length;
  if (left > 0) names.push(`and ${left} more`);
  return `Listening on ${formatAddress(address)}: ${algorithm} over ${
    count(backends, "backend")
  } (${names.join(", ")}), engine ${engine} (${reason}), ${workers} ${
    workers === 1 ? "worker" : "workers"
  }`;
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

function count(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? "" : "s"}`;
}
