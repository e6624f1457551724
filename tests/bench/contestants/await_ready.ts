import type { Endpoint } from "../traffic/wire.ts";

const PATIENCE_MS = 20_000;
const PAUSE_MS = 50;

/**
 * Waits until every endpoint accepts connections. Throws with the end of the log if the process
 * ends first or is not ready after 20 seconds.
 */
export async function awaitReady(
  child: Deno.ChildProcess,
  endpoints: readonly Endpoint[],
  log: string,
): Promise<void> {
  let ended = false;
  void child.status.then(() => ended = true);
  const deadline = performance.now() + PATIENCE_MS;
  for (const endpoint of endpoints) {
    while (!await accepts(endpoint)) {
      if (ended || performance.now() > deadline) {
        const why = ended ? "has ended" : "is not ready in time";
        throw new Error(`The process ${why}; its log ends with: ${await tail(log)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

async function accepts(endpoint: Endpoint): Promise<boolean> {
  try {
    (await Deno.connect(endpoint)).close();
    return true;
  } catch {
    return false;
  }
}

async function tail(log: string): Promise<string> {
  try {
    return (await Deno.readTextFile(log)).trim().split("\n").slice(-5).join(" | ");
  } catch {
    return "(no log)";
  }
}
