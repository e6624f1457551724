import { type BoundAddress, formatAdminAddress } from "../config/admin_address.ts";
import { loggerFor } from "../log/logging.ts";
import { clearSocketPath } from "./unix_socket.ts";

/** What serves an address. */
export interface Listening {
  readonly httpServer: Pick<Deno.HttpServer, "shutdown">;
  /** With the port that it has got. */
  readonly address: BoundAddress;
}

/**
 * Serves an address. Rejects with an `Error` that names it where it cannot be bound.
 *
 * @param signal breaks everything off
 */
export async function listen(
  address: BoundAddress,
  signal: AbortSignal,
  answer: (request: Request) => Promise<Response>,
): Promise<Listening> {
  // Deno would write where it listens to standard output.
  const options = { signal, onError, onListen: (): void => {} };
  try {
    if (address.kind === "unix") return await listenAtPath(address, options, answer);
    const { hostname, port } = address.address;
    const httpServer = Deno.serve({ ...options, hostname, port }, answer);
    return {
      httpServer,
      address: { kind: "tcp", address: { hostname, port: httpServer.addr.port } },
    };
  } catch (error) {
    const where = `"${formatAdminAddress(address)}"`;
    throw new Error(
      `Could not bind admin ${where}: ${error instanceof Error ? error.message : error}`,
    );
  }
}

async function listenAtPath(
  address: Extract<BoundAddress, { readonly kind: "unix" }>,
  options: Pick<Deno.ServeUnixOptions, "signal" | "onError" | "onListen">,
  answer: (request: Request) => Promise<Response>,
): Promise<Listening> {
  const { path } = address;
  await clearSocketPath(path);
  const httpServer = Deno.serve({ ...options, path }, answer);
  try {
    // Whoever may write to the socket may steer Weir.
    await Deno.chmod(path, 0o600);
  } catch (error) {
    await httpServer.shutdown();
    throw error;
  }
  return { httpServer, address };
}

/** Nothing is thrown up to here; what is thrown all the same is a defect. */
function onError(error: unknown): Response {
  loggerFor("admin").error("A request ended with an unexpected error: {error}", {
    error: String(error),
  });
  return new Response(null, { status: 500 });
}
