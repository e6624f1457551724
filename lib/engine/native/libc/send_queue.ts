import { LINGER_NOW, SIOCOUTQ, SO_LINGER, SOL_SOCKET } from "./constants.ts";
import type { Libc } from "./libc.ts";

const count = new Int32Array(1);

/**
 * How many bytes written to a connection (an end counts as one) the other side's kernel has not
 * acknowledged yet. 0 if the connection is broken: then nothing more will be acknowledged.
 */
export function unacknowledgedBytes(libc: Libc, descriptor: number): number {
  return libc.ioctl(descriptor, SIOCOUTQ, count) < 0 ? 0 : count[0] as number;
}

/**
 * Makes the close of a connection reset it. The kernel then drops what is still unacknowledged, so
 * first {@linkcode unacknowledgedBytes} must be 0, or no longer matter.
 */
export function resetOnClose(libc: Libc, descriptor: number): void {
  libc.setsockopt(descriptor, SOL_SOCKET, SO_LINGER, LINGER_NOW, LINGER_NOW.byteLength);
}
