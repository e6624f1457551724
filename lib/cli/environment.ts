import type { Environment } from "../config/load_settings.ts";

/** Finds out what this process has and may do, as far as the configuration depends on it. */
export function detectEnvironment(): Environment {
  const uid = readUid();
  // Where the user is not known, nothing is claimed: a warning about privileged ports would be a guess.
  const privileged = uid === undefined || uid === 0;
  return {
    cores: navigator.hardwareConcurrency,
    privileged,
    ...(uid === undefined ? {} : { uid }),
  };
}

function readUid(): number | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "uid" });
  return state === "granted" ? Deno.uid() ?? undefined : undefined;
}
