import { within } from "../../support/patience.ts";

/** Runs something, and gives every mode that a file had meanwhile, as another thread has seen them. */
export async function watchMode(path: string, run: () => Promise<void>): Promise<number[]> {
  const shared = new SharedArrayBuffer(4);
  const witness = new Worker(new URL("./mode_witness.ts", import.meta.url), { type: "module" });
  const told = <T>(): Promise<T> =>
    within(
      "the witness",
      new Promise((resolve) => {
        witness.onmessage = ({ data }) => resolve(data);
      }),
    );
  try {
    const ready = told();
    witness.postMessage({ path, shared });
    await ready;
    await run();
    const seen = told<number[]>();
    Atomics.store(new Int32Array(shared), 0, 1);
    return await seen;
  } finally {
    witness.terminate();
  }
}

/** Whether a watch has ended. */
export function isOver(shared: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(shared), 0) === 1;
}
