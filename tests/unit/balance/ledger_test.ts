import { assertEquals } from "@std/assert";
import { BackendCell, BackendTally, PoolCell, PoolTally } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { within } from "../../support/patience.ts";
import { permittedTest } from "../../support/permitted.ts";
import type { TakingOrder } from "./taking_worker.ts";

const ATTEMPTS = 3_000_000;
const SAMPLES = 20_000;
const ROW = 5;

/** How a place is taken, and where the places that are taken are counted. */
interface Case {
  readonly method: string;
  readonly of: TakingOrder["of"];
  readonly active: (state: SharedState) => number;
  readonly activeHere: (state: SharedState, slot: number) => number;
}

const CASES: readonly Case[] = [
  {
    method: "take",
    of: "backend",
    active: (state) => state.backendCell(ROW, BackendCell.active),
    activeHere: (state, slot) => state.backendTally(slot, ROW, BackendTally.active),
  },
  {
    method: "enterPool",
    of: "pool",
    active: (state) => state.pools.cell(ROW, PoolCell.active),
    activeHere: (state, slot) => state.pools.tally(slot, ROW, PoolTally.active),
  },
];

for (const { method, of, active, activeHere } of CASES) {
  permittedTest(
    ["read"],
    `Ledger.${method}() never counts more than there may be, not even for a moment`,
    async () => {
      const state = SharedState.create(2);
      const answers = [0, 1].map(() => Promise.withResolvers<number>());
      const url = new URL("./taking_worker.ts", import.meta.url);
      const workers = answers.map(({ resolve, reject }, slot) => {
        const worker = new Worker(url, { type: "module" });
        worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(event.message));
        };
        const memory = state.buffer;
        const order: TakingOrder = { of, row: ROW, memory, slot, attempts: ATTEMPTS };
        worker.postMessage(order);
        return worker;
      });
      try {
        let isOver = false;
        const taken = Promise.all(answers.map(({ promise }) => promise))
          .finally(() => isOver = true);
        let most = 0;
        while (!isOver) {
          for (let sample = 0; sample < SAMPLES; sample++) most = Math.max(most, active(state));
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
        const counts = await within("the threads", taken);
        assertEquals(counts.toSorted(), [0, 1]);
        // A higher count would turn away a client at the very moment at which a place is given back.
        assertEquals([most, active(state)], [1, 1]);
        assertEquals([0, 1].map((slot) => activeHere(state, slot)), counts);
      } finally {
        for (const worker of workers) worker.terminate();
      }
    },
  );
}
