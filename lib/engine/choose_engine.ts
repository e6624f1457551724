import { formatAddress } from "../base/address.ts";
import { messageOf } from "../base/message_of.ts";
import type { EngineName, ListenerSettings, PoolSettings } from "../config/settings.ts";
import { openLibc } from "./native/libc/libc.ts";
import { isEncodable } from "./native/libc/sockaddr.ts";

/** All engines. */
export type EngineKind = Exclude<EngineName, "auto">;

/** An engine for a listener. */
export interface EngineChoice {
  readonly engine: EngineKind;
  /** Why this one, for the log: follows its name in parentheses. */
  readonly reason: string;
}

/** What is available on this machine with the permissions that Weir was started with. */
export interface EngineAbilities {
  /** Why `native` cannot run at all; absent where it can. */
  readonly nativeObstacle?: string;
}

/** Finds out what is available. Opens the C library where possible. */
export function findAbilities(): EngineAbilities {
  try {
    openLibc();
    return {};
  } catch (error) {
    return { nativeObstacle: messageOf(error) };
  }
}

/**
 * Chooses the engine of a listener: what its settings ask for, or for `auto` the faster one where
 * it can run and supports everything that the listener needs.
 *
 * @throws {Error} if the settings ask for an engine that cannot serve the listener
 */
export function chooseEngine(
  listener: ListenerSettings,
  pool: PoolSettings,
  abilities: EngineAbilities,
): EngineChoice {
  const { engine, key } = listener;
  const streamsObstacle = findStreamsObstacle(pool);
  if (engine === "streams") {
    if (streamsObstacle === undefined) return { engine, reason: "as configured" };
    throw new Error(
      `Listener ${key} cannot have engine "streams": ${streamsObstacle}; "auto" picks an engine ` +
        "that can run",
    );
  }
  const obstacle = findNativeObstacle(listener, pool, abilities);
  if (engine === "auto") {
    if (obstacle !== undefined && streamsObstacle !== undefined) {
      throw new Error(
        `Listener ${key} has no engine that can serve it: native cannot run: ${obstacle}; nor can ` +
          `streams: ${streamsObstacle}`,
      );
    }
    return obstacle === undefined
      ? { engine: "native", reason: "the fastest that can run here" }
      : { engine: "streams", reason: `native cannot run: ${obstacle}` };
  }
  if (obstacle === undefined) return { engine, reason: "as configured" };
  throw new Error(
    `Listener ${key} cannot have engine "native": ${obstacle}; "auto" picks an engine that can run`,
  );
}

/** Why the streams engine cannot serve the listeners of a pool; absent where it can. */
function findStreamsObstacle({ sourceAddresses }: PoolSettings): string | undefined {
  if (sourceAddresses.length === 0) return undefined;
  return "its pool has source_address, and Deno lets no program choose the address that it connects from";
}

/** Why the native engine cannot serve a listener; absent where it can. */
function findNativeObstacle(
  { addresses }: ListenerSettings,
  { backends }: PoolSettings,
  { nativeObstacle }: EngineAbilities,
): string | undefined {
  if (nativeObstacle !== undefined) return nativeObstacle;
  const odd = addresses.find(({ hostname }) => !isEncodable(hostname));
  if (odd !== undefined) return `the address ${formatAddress(odd)} is not a plain IP address`;
  const unresolved = backends.find(({ candidates }) => candidates.length === 0);
  if (unresolved !== undefined) {
    return `backend ${unresolved.name} is resolved again for every connection`;
  }
  const zoned = backends.find(({ candidates }) => !candidates.every(isEncodable));
  return zoned === undefined ? undefined : `backend ${zoned.name} has an address with a zone`;
}
