import type { BackendSettings, ListenerSettings, PoolSettings, Settings } from "./settings.ts";
import type { ValueType } from "./value_type.ts";

/** The values of the keys that apply to the whole program. */
export type GlobalOptions =
  & Omit<Settings, "file" | "workers" | "listeners" | "pools" | "written">
  & { readonly workers: number | "auto" };

/** The values of the keys that apply to a listener. */
export type ListenerOptions = Omit<ListenerSettings, "key" | "id" | "addresses" | "pool">;

/** The values of the keys that apply to one pool. */
export type PoolOptions = Omit<PoolSettings, "name" | "id" | "backends">;

/** The values of the flags that may follow a backend's address. */
export interface BackendFlags
  extends Pick<BackendSettings, "weight" | "backup" | "maxConnections"> {
  readonly drain: boolean;
  readonly maintenance: boolean;
}

/** A key of the configuration file. */
export interface Key<T> {
  /** As written in the file. */
  readonly name: string;
  readonly type: ValueType<T>;
  readonly default: T;
  /** One or two sentences for the reference. */
  readonly doc: string;
  /** Whether the value may contain a password, and so is never shown. */
  readonly secret?: boolean;
  /** Whether a reload applies a change, or only a restart does. */
  readonly reloadable: boolean;
  /** Returns what is suspicious about an allowed value, to follow the quoted value. */
  suspect?(value: T): string | undefined;
}

/**
 * A flag of a backend: a word by itself (its value is then true), or `name=value` with a `type`.
 */
export interface BackendFlag<T> {
  /** As written in the file. */
  readonly name: string;
  readonly type?: ValueType<T>;
  readonly default: T;
  /** One or two sentences for the reference. */
  readonly doc: string;
}

/** Units of time in milliseconds and of memory in bytes, for the tables of keys. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const DAY = 24 * 60 * MINUTE;
export const KIBIBYTE = 1024;
export const MEBIBYTE = 1024 * KIBIBYTE;

/** The most workers that an engine can have. */
export const MOST_WORKERS = 64;

/** The largest limit on sessions that can be set. */
export const MOST_SESSIONS = 1_000_000;

/** The minimum length of a token of the admin API in characters: a shorter one could be guessed. */
export const SHORTEST_TOKEN = 16;

/** The maximum number of listeners in a configuration, and of pools. */
export const MOST_LISTENERS = 1024;
/** The maximum number of backends of all pools in a configuration together. */
export const MOST_BACKENDS = 8192;
