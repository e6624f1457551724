import { findAbilities } from "../../lib/engine/choose_engine.ts";
import { type PermissionKind, permittedTest } from "./permitted.ts";

/**
 * Why the native engine cannot run here; absent if it can.
 *
 * Checking opens the C library, which stays open: within a test that would be taken for a leak.
 */
export const { nativeObstacle } = findAbilities();

/** Registers a test that calls the C library, or an ignored one that says why. */
export function nativeTest(
  kinds: readonly PermissionKind[],
  name: string,
  fn: () => void | Promise<void>,
): void {
  if (nativeObstacle === undefined) permittedTest(kinds, name, fn);
  else Deno.test({ name: `${name} (ignored: ${nativeObstacle})`, ignore: true, fn: () => {} });
}
