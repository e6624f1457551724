/**
 * A backend as a separate program: `backend_main.ts PORT` (0 = a free one). It prints `listening
 * PORT`, serves as described in `backend_conduct.ts`, and on SIGTERM stops without losing any
 * client.
 */
import { conductBackend } from "./backend_conduct.ts";
import { QuietableListener } from "./quietable_listener.ts";
import { SocketEnd } from "./socket_end.ts";

const listener = QuietableListener.open(Number(Deno.args[0] ?? "0"));
const running = new Set<Promise<void>>();

async function serve(conn: Deno.TcpConn): Promise<void> {
  try {
    using end = new SocketEnd(conn);
    await conductBackend(end);
  } catch {
    // A client that resets its connection is nothing to report: the other end sees it.
  }
}

async function acceptAll(): Promise<void> {
  for await (const conn of listener.connections()) {
    const session = serve(conn);
    running.add(session);
    void session.then(() => running.delete(session));
  }
}

const accepting = acceptAll();
const stopped = Promise.withResolvers<void>();
Deno.addSignalListener("SIGTERM", () => stopped.resolve());
await Deno.stdout.write(new TextEncoder().encode(`listening ${listener.port}\n`));
await stopped.promise;
await listener.close();
await accepting;
while (running.size > 0) await Promise.all(running);
Deno.exit(0);
