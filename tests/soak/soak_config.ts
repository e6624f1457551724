import { IDLE_TIMEOUT_MS } from "./soak_client.ts";

const ALGORITHMS = [
  "weighted_round_robin",
  "round_robin",
  "random",
  "least_connections",
  "p2c",
  "least_time",
  "source_hash",
] as const;

/** What does not change during a soak. */
export interface SoakPlaces {
  readonly engine: string;
  /** The listener under load. */
  readonly port: number;
  /** A listener that comes and goes. */
  readonly otherPort: number;
  readonly adminPort: number;
  /** Backends, the last of which comes and goes in the file too. */
  readonly backends: readonly string[];
}

/** Writes one of many configurations; the same `random` numbers yield the same one. */
export function soakConfig(places: SoakPlaces, random: () => number): string {
  const { engine, port, otherPort, adminPort, backends } = places;
  const kept = random() < 0.5 ? backends : backends.slice(0, -1);
  const weighted = kept.map((name) => `${name}:${1 + Math.floor(4 * random())}`);
  const algorithm = ALGORITHMS[Math.floor(ALGORITHMS.length * random())];
  return [
    "[options]",
    "workers = 2",
    `engine = ${engine}`,
    `algorithm = ${algorithm}`,
    `admin = 127.0.0.1:${adminPort}`,
    "health_interval = 500ms",
    "fail_timeout = 1s",
    "connect_timeout = 3s",
    `idle_timeout = ${IDLE_TIMEOUT_MS}ms`,
    "half_close_timeout = 20s",
    "access_log = FOLDER/access.log",
    "log_format = json",
    "[mappings]",
    `127.0.0.1:${port} = ${weighted.join(", ")}`,
    ...(random() < 0.5 ? [`127.0.0.1:${otherPort} = ${backends[0]}`] : []),
    "",
  ].join("\n");
}

/** A file with an error in it. */
export function badConfig(places: SoakPlaces): string {
  return `[mappings]\n127.0.0.1:${places.port} = ${places.backends[0]}:heavy\n`;
}
