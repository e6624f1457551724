import { loggerFor } from "../log/logging.ts";

/** How often and how many times to look for the inspector: it opens a moment after the signal. */
const PAUSE_MS = 10;
const MOST_LOOKS = 50;

/**
 * Closes the debugger that Deno opens on SIGUSR1 (since 2.9.2, and this cannot be turned off): a
 * signal that asks for a reload must not leave a way into the process open.
 */
export async function closeInspector(): Promise<void> {
  const inspector = await import("node:inspector");
  try {
    for (let look = 0; look < MOST_LOOKS; look++) {
      if (inspector.url() !== undefined) {
        inspector.close();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  } catch {
    loggerFor("supervisor").warn(
      "Deno has opened its debugger at 127.0.0.1:9229 on SIGUSR1, and closing it needs " +
        "--allow-sys; SIGHUP reloads without that",
    );
  }
}
