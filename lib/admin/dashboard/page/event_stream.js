// @ts-check

/** @typedef {{ readonly type: string, readonly data: string }} StreamEvent */

/** Larger than the status of as many backends as a file may have. */
const LARGEST_EVENT = 64 * 1024 * 1024;

/**
 * Reads a stream of server-sent events (the WHATWG HTML standard, section 9.2). Comments are
 * ignored, as are fields other than `event` and `data`. Throws if an event does not end.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} bytes
 * @param {AbortSignal} signal ends the reading, and the stream with it
 * @returns {AsyncGenerator<StreamEvent, void, void>}
 */
export async function* readEvents(bytes, signal) {
  const reader = bytes.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  /** How much has been received since the last event. */
  let size = 0;
  /** Whether the first character of the next piece decides what a carriage return was. */
  let mayEnd = false;
  let type = "";
  /** @type {string[]} */
  let data = [];
  // The signal of the request is not enough: in Deno 2.9.6 it no longer reaches the body after a
  // garbage collection.
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      size += value.length;
      if (size > LARGEST_EVENT) throw new RangeError("An event does not end");
      rest += value;
      // A line that is not complete yet is scanned only once, however many pieces it arrives in.
      if (!mayEnd && !/[\r\n]/.test(value)) continue;
      mayEnd = value.endsWith("\r");
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = /** @type {string} */ (lines.pop());
      for (const line of lines) {
        if (line === "") {
          size = 0;
          if (data.length > 0) yield { type: type || "message", data: data.join("\n") };
          type = "";
          data = [];
          continue;
        }
        const [, name = "", text = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
        if (name === "event") type = text;
        else if (name === "data") data.push(text);
      }
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    // The stream may have failed already, and then there is nothing to cancel.
    await reader.cancel().catch(() => {});
  }
}
