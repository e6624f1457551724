import { Ledger } from "../../../lib/balance/ledger.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

/** What a thread is to do: to ask for a place in the row of that number, of which there is one. */
export interface TakingOrder {
  readonly of: "backend" | "pool";
  readonly row: number;
  readonly memory: SharedArrayBuffer;
  readonly slot: number;
  readonly attempts: number;
}

declare const self: {
  onmessage: ((event: MessageEvent<TakingOrder>) => void) | null;
  /** How often it got the place, which it does not release. */
  postMessage(taken: number): void;
};

self.onmessage = ({ data }): void => {
  const ledger = new Ledger({
    state: SharedState.attach(data.memory),
    slot: data.slot,
    poolRow: data.row,
    now: () => 1,
    watcher: {
      takeTrial: () => false,
      connected: () => {},
      succeeded: () => {},
      failed: () => {},
      reset: () => {},
      abandoned: () => {},
    },
  });
  let taken = 0;
  for (let attempt = 0; attempt < data.attempts; attempt++) {
    const isTaken = data.of === "pool" ? ledger.enterPool(1) : ledger.take(data.row, 1);
    if (isTaken) taken++;
  }
  self.postMessage(taken);
};
