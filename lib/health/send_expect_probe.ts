import { escapedText } from "../config/escaped_text.ts";
import { quote } from "../config/quote.ts";
import { SECRET } from "../config/secret.ts";
import type { ProbeResult, ProbeSubject } from "./probe.ts";
import { runProbe } from "./_run_probe.ts";
import type { Wire } from "./_wire.ts";

/** The expected text has to come within this many bytes. */
const MOST_BYTES = 64 * 1024;

/** Shorter words of `health_send` are not masked: they may occur in any answer. */
const SHORTEST_SECRET = 3;

/**
 * Sends `health_send`, unless it is empty, and passes once `health_expect` has come, in whatever
 * pieces and after whatever else. An empty `health_expect` waits for nothing.
 */
export function sendExpectProbe(subject: ProbeSubject, signal: AbortSignal): Promise<ProbeResult> {
  const { healthSend, healthExpect } = subject.listener;
  return runProbe(subject, signal, async (wire) => {
    if (healthSend !== "") await wire.sendBytesOf(healthSend);
    return await awaitText(wire, healthExpect, wordsOf(healthSend));
  });
}

/** @param secrets what must not be shown, even if the backend echoes it */
async function awaitText(
  wire: Wire,
  expected: string,
  secrets: readonly string[],
): Promise<string | undefined> {
  let beginning = "";
  // The end of what has come, as far as it can be part of the expected text.
  let recent = "";
  while (!recent.includes(expected)) {
    if (wire.receivedBytes >= MOST_BYTES) {
      return `sent ${MOST_BYTES} bytes without ${shown(expected)}`;
    }
    const received = await wire.receive();
    if (received === undefined) {
      return beginning === ""
        ? "the connection was closed without an answer"
        : `answered ${shown(conceal(beginning, secrets))}, expected ${shown(expected)}`;
    }
    if (beginning === "") beginning = received;
    recent = recent.slice(Math.max(0, recent.length - expected.length + 1)) + received;
  }
  return undefined;
}

/** The parts of a text that could be a name or a password. */
function wordsOf(text: string): string[] {
  return text.split(/[^!-~]+/).filter((word) => word.length >= SHORTEST_SECRET);
}

function conceal(answer: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, SECRET), answer);
}

/** Bytes from the wire, as they would be written in the configuration. */
function shown(bytes: string): string {
  return quote(escapedText().format(bytes));
}
