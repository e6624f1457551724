import type { Environment } from "../config/environment.ts";

/** Detects the resources and rights of this process that the configuration depends on. */
export function detectEnvironment(): Environment {
  const uid = readUid();
  // If the user is not known, a warning about privileged ports would be a guess.
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
