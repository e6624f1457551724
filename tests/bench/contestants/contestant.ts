import type { AlgorithmName } from "../../../lib/config/settings.ts";
import type { Children } from "../children.ts";
import type { Endpoint } from "../traffic/wire.ts";

export const CONTESTANT_NAMES = [
  "direct",
  "haproxy",
  "nginx",
  "before-streams",
  "weir-streams",
  "before-native",
  "weir-native",
] as const;
export type ContestantName = typeof CONTESTANT_NAMES[number];

/** The contestant that all ratios are taken to. */
export const REFERENCE: ContestantName = "haproxy";

/** What the two contestants of this working tree are compared with where `--before` is given. */
export const PREDECESSORS: Readonly<Partial<Record<ContestantName, ContestantName>>> = {
  "weir-streams": "before-streams",
  "weir-native": "before-native",
};

/** One listener that a contestant is to open. */
export interface PlannedListener {
  /** Round robin of the contestant's own kind where none is named. */
  readonly algorithm?: AlgorithmName;
  readonly backends: readonly Endpoint[];
}

/** What a contestant is to start. */
export interface Plan {
  readonly workers: number;
  readonly listeners: readonly PlannedListener[];
  /** Sessions that may be open at the same time. */
  readonly maxSessions: number;
  /** A folder of its own for configuration, logs and sockets. */
  readonly folder: string;
  readonly children: Children;
}

/** A contestant that runs. */
export interface Proxy {
  /** The process to measure with its descendants; null where nothing stands in between. */
  readonly pid: number | null;
  /** Where each planned listener is reached, in the plan's order. */
  readonly endpoints: readonly Endpoint[];
  /** The file that its output goes to; null where there is none. */
  readonly log: string | null;
  stop(): Promise<void>;
}

/** Something to measure. */
export interface Contestant {
  readonly name: ContestantName;
  /** Whether it takes the names of Weir's algorithms. */
  readonly isWeir: boolean;
  /** Says why it cannot take part; null where it can. */
  missing(): Promise<string | null>;
  /** One line of its version. */
  version(): Promise<string>;
  start(plan: Plan): Promise<Proxy>;
}
