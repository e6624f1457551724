import { formatAddress } from "../../base/address.ts";
import { originOf } from "../../config/origin.ts";
import { KNOWN_KEYS, type KnownKey, type Scope } from "../../config/schema.ts";
import { SECRET, showValue } from "../../config/secret.ts";
import type {
  BackendModeName,
  ListenerSettings,
  PoolSettings,
  Settings,
} from "../../config/settings.ts";

/** The value of a key, and where it comes from. */
export interface ConfigValue {
  readonly key: string;
  /** In the notation of the file; `(secret)` if it is a secret. */
  readonly value: string;
  /** `default`, or the section that sets it, such as `[options]` or `[pool NAME]`. */
  readonly origin: string;
  /** Whether a reload applies a change, or only a restart does. */
  readonly reloadable: boolean;
}

/** The answer of `GET /api/v1/config`: the settings in force. */
export interface ConfigView {
  readonly file: string;
  readonly options: readonly ConfigValue[];
  readonly listeners: readonly {
    readonly key: string;
    readonly addresses: readonly string[];
    /** The name of the pool that its sessions take their backends from. */
    readonly pool: string;
    readonly options: readonly ConfigValue[];
  }[];
  readonly pools: readonly {
    readonly name: string;
    readonly options: readonly ConfigValue[];
    readonly backends: readonly {
      readonly name: string;
      readonly weight: number;
      readonly mode: BackendModeName;
      readonly backup: boolean;
      readonly maxConnections: number;
    }[];
  }[];
}

/** Returns a view of settings without their secrets. */
export function viewConfig(settings: Settings): ConfigView {
  return {
    file: settings.file,
    options: viewKeys("global", settings, settings),
    listeners: settings.listeners.map((listener) => ({
      key: listener.key,
      addresses: listener.addresses.map(formatAddress),
      pool: listener.pool,
      options: viewKeys("listener", settings, listener, listener.key),
    })),
    pools: settings.pools.map((pool) => ({
      name: pool.name,
      options: viewKeys("pool", settings, pool, pool.name),
      backends: pool.backends.map(({ name, weight, mode, backup, maxConnections }) => ({
        name,
        weight,
        mode,
        backup,
        maxConnections,
      })),
    })),
  };
}

function viewKeys(
  scope: Scope,
  settings: Settings,
  values: Settings | ListenerSettings | PoolSettings,
  owner?: string,
): ConfigValue[] {
  return KNOWN_KEYS.filter((key) => key.scope === scope).map((key) => ({
    key: key.name,
    value: viewValue(key, (values as unknown as Readonly<Record<string, unknown>>)[key.setting]),
    origin: originOf(key, settings, owner),
    reloadable: key.reloadable,
  }));
}

/**
 * Even the path of the token file is hidden: those who may read it know it from the machine itself.
 */
function viewValue(key: KnownKey, value: unknown): string {
  const isPlace = key.name === "admin_token_file" && value !== key.default;
  return isPlace ? SECRET : showValue(key, value);
}
