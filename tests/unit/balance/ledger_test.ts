import { assertEquals } from "@std/assert";
import { BackendCell, BackendTally } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { within } from "../../support/patience.ts";
import { permittedTest } from "../../support/permitted.ts";
import type { TakingOrder } from "./taking_worker.ts";

const ATTEMPTS = 3_000_000;
const SAMPLES = 20_000;

permittedTest(
  ["read"],
  "Ledger.take() never counts more than there may be, not even for a moment",
  async () => {
    const state = SharedState.create(2);
    const answers = [0, 1].map(() => Promise.withResolvers<number>());
    const workers = answers.map(({ resolve, reject }, slot) => {
      const worker = new Worker(new URL("./taking_worker.ts", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      const order: TakingOrder = { memory: state.buffer, slot, attempts: ATTEMPTS };
      worker.postMessage(order);
      return worker;
    });
    try {
      let isOver = false;
      const taken = Promise.all(answers.map(({ promise }) => promise)).finally(() => isOver = true);
      let most = 0;
      while (!isOver) {
        for (let sample = 0; sample < SAMPLES; sample++) {
          most = Math.max(most, state.backendCell(0, BackendCell.active));
        }
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      const counts = await within("the threads", taken);
      assertEquals(counts.toSorted(), [0, 1]);
      // A higher count would turn away a client at the very moment at which a place is given back.
      assertEquals([most, state.backendCell(0, BackendCell.active)], [1, 1]);
      const held = [0, 1].map((slot) => state.backendTally(slot, 0, BackendTally.active));
      assertEquals(held, counts);
    } finally {
      for (const worker of workers) worker.terminate();
    }
  },
);
