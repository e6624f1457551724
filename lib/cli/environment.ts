import type { Environment } from "../config/load_settings.ts";

/** Finds out what this process has and may do, as far as the configuration depends on it. */
export function detectEnvironment(): Environment {
  return { cores: navigator.hardwareConcurrency, privileged: isPrivileged() };
}

// Where the user's number may not be read, nothing is claimed: a warning about privileged ports
// would be a guess.
function isPrivileged(): boolean {
  if (Deno.build.os === "windows") return true;
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "uid" });
  return state !== "granted" || Deno.uid() === 0;
}
