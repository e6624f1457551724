import { missingPermissions, type PermissionKind, permittedTest } from "./permitted.ts";

/**
 * Registers a test that runs a program of the system, whose presence is checked with `--version`.
 * If it is missing, the test is ignored, with the reason in its name.
 */
export function programTest(
  program: string,
  kinds: readonly PermissionKind[],
  name: string,
  fn: () => Promise<void>,
): void {
  if (missingPermissions(kinds).length > 0 || isThere(program)) permittedTest(kinds, name, fn);
  else Deno.test({ name: `${name} (ignored: needs ${program})`, ignore: true, fn });
}

function isThere(program: string): boolean {
  try {
    const command = new Deno.Command(program, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    });
    return command.outputSync().success;
  } catch {
    return false;
  }
}
