import { SharedState } from "../../../lib/state/shared_state.ts";

/**
 * What a thread is to do: to count this many sessions with the backend of row 0, all at the same
 * time.
 */
export interface CountingOrder {
  readonly memory: SharedArrayBuffer;
  readonly sessions: number;
  readonly nowMs: number;
}

declare const self: {
  onmessage: ((event: MessageEvent<CountingOrder>) => void) | null;
  postMessage(message: "done"): void;
};

self.onmessage = ({ data: { memory, sessions, nowMs } }): void => {
  const { resetWindow } = SharedState.attach(memory);
  for (let session = 0; session < sessions; session++) resetWindow.countSession(0, nowMs);
  self.postMessage("done");
};
