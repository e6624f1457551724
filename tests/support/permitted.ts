const EACH = ["net", "read", "write", "run", "env", "ffi", "sys", "import"] as const;

/**
 * The permissions that a test may need. `all`: Deno requires it for reading anything in `/proc`.
 */
export type PermissionKind = typeof EACH[number] | "all";

/** Returns which of the permissions are not granted to this process. */
export function missingPermissions(kinds: readonly PermissionKind[]): PermissionKind[] {
  return kinds.filter((kind) => kind === "all" ? !EACH.every(isGranted) : !isGranted(kind));
}

function isGranted(name: typeof EACH[number]): boolean {
  return Deno.permissions.querySync({ name }).state === "granted";
}

/**
 * Registers a test that needs permissions. If one is not granted the test is ignored and its name
 * says which, so a bare `deno test` passes without hiding anything.
 */
export function permittedTest(
  kinds: readonly PermissionKind[],
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  const missing = missingPermissions(kinds);
  if (missing.length === 0) {
    Deno.test({ name, fn });
    return;
  }
  const flags = missing.map((kind) => `--allow-${kind}`).join(" ");
  Deno.test({ name: `${name} (ignored: needs ${flags})`, ignore: true, fn });
}
