// @ts-check

/** @typedef {{ readonly type: string, readonly data: string }} StreamEvent */

/**
 * Reads a stream of server-sent events (the WHATWG HTML standard, section 9.2). Comments are left
 * out, as are fields other than `event` and `data`.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} bytes
 * @param {AbortSignal} signal ends the reading, and the stream with it
 * @returns {AsyncGenerator<StreamEvent, void, void>}
 */
export async function* readEvents(bytes, signal) {
  const reader = bytes.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let type = "";
  /** @type {string[]} */
  let data = [];
  // The signal that a request was made with is not enough: under Deno 2.9.6 it no longer reaches the
  // body once the garbage collector has been by.
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = /** @type {string} */ (lines.pop());
      for (const line of lines) {
        if (line === "") {
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
