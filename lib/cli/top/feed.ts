import { setTimeout as pause } from "node:timers/promises";
import { readEvents } from "../../admin/dashboard/page/event_stream.js";
import { type AdminClient, RefusalError, UnreachableError } from "../client/admin_client.ts";

/** Weir writes once a second: a longer silence means that the connection is broken. */
const MOST_SILENCE_MS = 5_000;
const PAUSE_MS = 1_000;

/** A listener for the feed. */
export interface FeedListener {
  /** A connection was made; Weir sends all remembered events again. */
  readonly onConnect: () => void;
  readonly onMessage: (type: string, data: unknown) => void;
  /** The connection broke, or could not be made; another attempt follows. */
  readonly onLost: (why: string) => void;
}

/**
 * Reads the events of Weir until the signal is aborted, reconnecting as needed.
 *
 * @throws {RefusalError} if Weir refuses, and would refuse another attempt as well
 * @throws {UnreachableError} if the first attempt does not reach Weir
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
      if (!wasConnected || isFinal(error)) throw error;
      if (error instanceof UnreachableError || error instanceof RefusalError) why = error.message;
    }
    if (signal.aborted) return;
    listener.onLost(`${why}; trying again`);
    // The signal ends the pause as well, with a rejection.
    await pause(PAUSE_MS, undefined, { signal }).catch(() => {});
  }
}

/** The status with which Weir says that it is busy; others are final. */
const BUSY = 503;

function isFinal(error: unknown): boolean {
  return error instanceof RefusalError && error.status !== BUSY;
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
