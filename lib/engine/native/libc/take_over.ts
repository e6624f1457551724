import { AF_UNSPEC } from "./constants.ts";
import type { DescriptorBook } from "./descriptor_book.ts";
import type { Libc } from "./libc.ts";

/** An address of no family: connecting to it disconnects. */
const NOWHERE = Uint16Array.of(AF_UNSPEC, 0, 0, 0, 0, 0, 0, 0);

/**
 * Resets the connections of a worker that was given up, so that clients and backends need not wait
 * for a hung thread, and makes its sockets stop listening. The descriptor numbers stay taken.
 */
export function resetConnections(libc: Libc, book: DescriptorBook): void {
  const address = new Uint8Array(NOWHERE.buffer);
  for (const descriptor of book) libc.connect(descriptor, address, address.length);
}

/**
 * Closes what a worker that was given up had open. The worker must have had time to notice that it
 * was given up: no call that it began earlier may still be about to enter the kernel.
 */
export function closeDescriptors(libc: Libc, book: DescriptorBook): void {
  for (const descriptor of book) libc.close(descriptor);
  book.clear();
}
