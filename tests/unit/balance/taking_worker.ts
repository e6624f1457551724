import { Ledger } from "../../../lib/balance/ledger.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

/** What a thread is to do: to ask for a place at the backend of row 0, of which there is one. */
export interface TakingOrder {
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
  const ledger = new Ledger(SharedState.attach(data.memory), data.slot, () => 1, {
    takeTrial: () => false,
    connected: () => {},
    succeeded: () => {},
    failed: () => {},
    reset: () => {},
    abandoned: () => {},
  });
  let taken = 0;
  for (let attempt = 0; attempt < data.attempts; attempt++) if (ledger.take(0, 1)) taken++;
  self.postMessage(taken);
};
