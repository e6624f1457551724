import { AF_UNSPEC } from "./constants.ts";
import type { DescriptorBook } from "./descriptor_book.ts";
import type { Libc } from "./libc.ts";

/** An address of no family: to connect to it is to disconnect. */
const NOWHERE = Uint16Array.of(AF_UNSPEC, 0, 0, 0, 0, 0, 0, 0);

/**
 * Resets the connections of a worker that was given up, so that clients and backends need not wait
 * for a thread that hangs, and makes its sockets stop listening. The numbers stay taken.
 */
export function resetConnections(libc: Libc, book: DescriptorBook): void {
  const address = new Uint8Array(NOWHERE.buffer);
  for (const descriptor of book) libc.connect(descriptor, address, address.length);
}

/**
 * Closes what a worker that was given up had open. It is to have had time to see that it was given
 * up: no call that it had begun before may still be on its way to the kernel.
 */
export function closeDescriptors(libc: Libc, book: DescriptorBook): void {
  for (const descriptor of book) libc.close(descriptor);
  book.clear();
}
