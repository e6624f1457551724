// @ts-check
/// <reference lib="dom" />
/**
 * @import { Access } from "./access.js"
 */
import { Refusal } from "./access.js";
import { readEvents } from "./event_stream.js";

/**
 * A listener to the feed.
 *
 * @typedef {object} FeedListener
 * @property {() => Promise<void> | void} onConnect a connection was made, and nothing received yet
 * @property {(type: string, data: unknown) => void} onMessage
 * @property {(error: Refusal | undefined, retryInMs: number) => void} onLost the connection broke,
 *   or could not be made
 */

/** Weir writes once a second: a longer silence means that the connection is broken. */
const MOST_SILENCE_MS = 5_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/** The stream of events from Weir, which is reopened for as long as the page is open. */
export class LiveFeed {
  #access;
  #listener;
  #attempt = new AbortController();
  /** @type {() => void} */
  #endPause = () => {};

  /**
   * @param {Access} access
   * @param {FeedListener} listener
   */
  constructor(access, listener) {
    this.#access = access;
    this.#listener = listener;
  }

  /** Reads forever. */
  async run() {
    let pauseMs = FIRST_PAUSE_MS;
    while (true) {
      /** @type {Refusal | undefined} */
      let refusal;
      try {
        await this.#readOnce(() => {
          pauseMs = FIRST_PAUSE_MS;
        });
      } catch (error) {
        if (error instanceof Refusal) refusal = error;
      }
      this.#listener.onLost(refusal, pauseMs);
      await this.#pause(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  /** Reconnects immediately, for example with another token. */
  restart() {
    this.#attempt.abort();
    this.#endPause();
  }

  /** @param {() => void} onAlive */
  async #readOnce(onAlive) {
    const attempt = new AbortController();
    this.#attempt = attempt;
    let timer = setTimeout(() => attempt.abort(), MOST_SILENCE_MS);
    try {
      const answer = await this.#access.request("/api/v1/events", {
        headers: { Accept: "text/event-stream" },
        signal: attempt.signal,
      });
      if (answer.body === null) return;
      await this.#listener.onConnect();
      for await (const { type, data } of readEvents(answer.body, attempt.signal)) {
        clearTimeout(timer);
        timer = setTimeout(() => attempt.abort(), MOST_SILENCE_MS);
        onAlive();
        this.#listener.onMessage(type, JSON.parse(data));
      }
    } finally {
      clearTimeout(timer);
      attempt.abort();
    }
  }

  /** @param {number} ms */
  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
  }
}
