import {
  closeDescriptors,
  DescriptorBook,
  resetConnections,
} from "../engine/native/libc/descriptor_book.ts";
import { openLibc } from "../engine/native/libc/libc.ts";
import { loggerFor } from "../log/logging.ts";
import type { SharedState } from "../state/shared_state.ts";
import { WorkerCell } from "../state/worker_counters.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** A hung thread keeps its sockets; only those of the native engine can be taken from it. */
const ABANDONED_SOCKETS =
  "Worker {slot} hangs and keeps its sockets: clients that the kernel assigns " +
  "to them are never served. Restart Weir as soon as you can";
/** By then every call that a worker had begun when it was given up on has returned. */
export const LAST_CALLS_MS = 5_000;

/**
 * Takes everything from a worker that hangs. Its thread cannot be stopped, so shared memory tells
 * it to touch nothing any more, and its sockets are taken from it in two steps: reset at once, and
 * closed by the returned function, to be called {@linkcode LAST_CALLS_MS} later, once any call in
 * progress must have returned. What it may have counted in between is subtracted then; its slot
 * must never be reused.
 */
export function giveUpWorker(worker: WorkerHandle, state: SharedState): () => void {
  const { slot, engine } = worker;
  state.setWorkerCell(slot, WorkerCell.givenUp, 1);
  const closeWaker = worker.abandon();
  state.releaseWorker(slot);
  const book = new DescriptorBook(state.descriptorBits(slot));
  if (engine === "native") resetConnections(openLibc(), book);
  else loggerFor("supervisor").error(ABANDONED_SOCKETS, { slot });
  return () => {
    state.releaseWorker(slot);
    if (engine === "native") closeDescriptors(openLibc(), book);
    closeWaker();
  };
}
