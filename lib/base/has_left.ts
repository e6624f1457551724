/**
 * Whether an attempt to accept a client failed because the client reset the connection while it was
 * still in the accept queue.
 */
export function hasLeft(error: unknown): boolean {
  return error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.ConnectionReset;
}
