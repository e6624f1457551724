import { eventually, within } from "../../../support/patience.ts";

/** Offsets in the memory that both threads share. */
const OVER = 0;
const SIGHTINGS = 1;

/**
 * Runs something, and returns every mode that a file had meanwhile, as another thread has seen
 * them.
 *
 * @param run receives a function that waits until the file was seen again
 */
export async function watchMode(
  path: string,
  run: (seenAgain: () => Promise<void>) => Promise<void>,
): Promise<number[]> {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const witness = new Worker(new URL("./mode_witness.ts", import.meta.url), { type: "module" });
  const told = Promise.withResolvers<number[]>();
  witness.onmessage = ({ data }) => told.resolve(data);
  try {
    witness.postMessage({ path, shared });
    await run(async () => {
      const before = Atomics.load(shared, SIGHTINGS);
      await eventually("it is seen", () => Atomics.load(shared, SIGHTINGS) > before);
    });
    Atomics.store(shared, OVER, 1);
    return await within("the witness", told.promise);
  } finally {
    witness.terminate();
  }
}

/** Whether a watch has ended. */
export function isOver(shared: Int32Array): boolean {
  return Atomics.load(shared, OVER) === 1;
}

/** Records that the file was seen. */
export function addSighting(shared: Int32Array): void {
  Atomics.add(shared, SIGHTINGS, 1);
}
