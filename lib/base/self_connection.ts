/** What a connection says of its two ends. */
export interface Ends {
  readonly localAddr: Ended;
  readonly remoteAddr: Ended;
}

interface Ended {
  readonly hostname: string;
  readonly port: number;
}

/** The error code of {@linkcode refuseSelfConnection}, as of a connection that was refused. */
const CODE = "ECONNREFUSED";

/**
 * Throws where a connection leads to itself, as to a port at which nobody listens: one that the
 * kernel gives to outgoing connections may be given to the very connection that is made to it.
 *
 * @throws {Deno.errors.ConnectionRefused}
 */
export function refuseSelfConnection({ localAddr, remoteAddr }: Ends): void {
  if (localAddr.port !== remoteAddr.port || localAddr.hostname !== remoteAddr.hostname) return;
  const error = new Deno.errors.ConnectionRefused(
    "Connection refused: nobody listens, and it has found itself",
  );
  throw Object.assign(error, { code: CODE });
}
