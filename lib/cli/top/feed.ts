import { readEvents } from "../../admin/dashboard/page/event_stream.js";
import { type AdminClient, RefusalError, UnreachableError } from "../admin_client.ts";

/** Weir writes once a second: more silence than this is a broken connection. */
const MOST_SILENCE_MS = 5_000;
const PAUSE_MS = 1_000;

/** Who hears what Weir says. */
export interface FeedListener {
  /** A connection stands; all that Weir remembers comes again. */
  readonly onConnect: () => void;
  readonly onMessage: (type: string, data: unknown) => void;
  /** The connection broke, or none came about; another attempt follows. */
  readonly onLost: (why: string) => void;
}

/**
 * Reads the events of Weir until the signal, over one connection after another.
 *
 * @throws {RefusalError} where Weir does not want to tell, for another attempt would hear the same
 * @throws {UnreachableError} where the first attempt does not reach Weir
 */
export async function readFeed(
  client: AdminClient,
  listener: FeedListener,
  signal: AbortSignal,
): Promise<void> {
  let wasConnected = false;
  while (!signal.aborted) {
    let why = `the connection to Weir at ${client.place} is lost`;
    try {
      await readOnce(client, signal, listener, () => {
        wasConnected = true;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!wasConnected || error instanceof RefusalError) throw error;
      if (error instanceof UnreachableError) why = error.message;
    }
    if (signal.aborted) return;
    listener.onLost(`${why}; trying again`);
    await pause(PAUSE_MS, signal);
  }
}

async function readOnce(
  client: AdminClient,
  signal: AbortSignal,
  listener: FeedListener,
  onAlive: () => void,
): Promise<void> {
  const attempt = new AbortController();
  const giveUp = () => attempt.abort();
  signal.addEventListener("abort", giveUp);
  let timer = setTimeout(giveUp, MOST_SILENCE_MS);
  try {
    const body = await client.open("/api/v1/events", attempt.signal);
    onAlive();
    listener.onConnect();
    for await (const { type, data } of readEvents(body, attempt.signal)) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, MOST_SILENCE_MS);
      listener.onMessage(type, JSON.parse(data));
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    attempt.abort();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
