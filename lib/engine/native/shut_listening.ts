import { openLibc } from "./libc.ts";

const SHUT_RD = 0;

/**
 * Makes sockets stop listening that belong to a thread which hangs: the kernel gives no further
 * clients to them, and those that wait in their queues are reset, so that they can come again.
 *
 * The thread still owns the descriptors. It closes them if it ever wakes up.
 */
export function shutListening(descriptors: readonly number[]): void {
  const libc = openLibc();
  for (const descriptor of descriptors) libc.shutdown(descriptor, SHUT_RD);
}
