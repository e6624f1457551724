// The backends that every contestant forwards to: one process, loopback only, argument 1 is the
// number of echo addresses. It prints where it listens and ends when its standard input ends.
import { writeAll } from "./transfer.ts";
import { type BackendsReady, type Endpoint, PIECE_BYTES } from "./wire.ts";

const SMALL_BUFFER_BYTES = 4096;
const BULK_BUFFER_BYTES = 256 * 1024;

const open = new Set<{ close(): void }>();

async function echo(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(SMALL_BUFFER_BYTES);
  for (;;) {
    const size = await conn.read(buffer);
    if (size === null) return;
    const bytes = buffer.subarray(0, size);
    const written = await conn.write(bytes);
    if (written < size) await writeAll(conn, bytes.subarray(written));
  }
}

async function source(conn: Deno.Conn): Promise<void> {
  const asked = new Uint8Array(1);
  const filling = new Uint8Array(BULK_BUFFER_BYTES);
  while (await conn.read(asked) !== null) {
    for (let sent = 0; sent < PIECE_BYTES; sent += filling.length) await writeAll(conn, filling);
  }
}

async function sink(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(BULK_BUFFER_BYTES);
  const acknowledgement = new Uint8Array(1);
  let received = 0;
  for (;;) {
    const size = await conn.read(buffer);
    if (size === null) return;
    received += size;
    for (; received >= PIECE_BYTES; received -= PIECE_BYTES) await conn.write(acknowledgement);
  }
}

async function serve(conn: Deno.Conn, behave: (conn: Deno.Conn) => Promise<void>): Promise<void> {
  open.add(conn);
  try {
    await behave(conn);
  } catch {
    // A client that resets its connection is nothing to report: the generator counts errors.
  } finally {
    if (open.delete(conn)) conn.close();
  }
}

async function acceptAll(
  listener: Deno.Listener,
  behave: (conn: Deno.Conn) => Promise<void>,
): Promise<void> {
  while (open.has(listener)) {
    try {
      const conn = await listener.accept();
      (conn as Deno.TcpConn).setNoDelay(true);
      void serve(conn, behave);
    } catch {
      // Out of descriptors, or closed: the loop's condition tells them apart after a short rest.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

function listen(at: Endpoint, behave: (conn: Deno.Conn) => Promise<void>): Endpoint {
  const listener = Deno.listen({ ...at, tcpBacklog: 4096 });
  open.add(listener);
  void acceptAll(listener, behave);
  return { hostname: at.hostname, port: (listener.addr as Deno.NetAddr).port };
}

/** The other addresses: 127.1.0.1, 127.1.0.2, …, 250 in each /24. */
function hostname(index: number): string {
  return `127.1.${Math.floor(index / 250)}.${index % 250 + 1}`;
}

function listenForEcho(addresses: number): Endpoint[] {
  const first = listen({ hostname: "127.0.0.1", port: 0 }, echo);
  const endpoints = [first];
  // A port that is free on 127.0.0.1 may be taken elsewhere in 127.0.0.0/8: then any port will do.
  for (let index = 1; index < addresses; index += 1) {
    try {
      endpoints.push(listen({ hostname: hostname(index), port: first.port }, echo));
    } catch {
      endpoints.push(listen({ hostname: hostname(index), port: 0 }, echo));
    }
  }
  return endpoints;
}

async function main(): Promise<void> {
  const ready: BackendsReady = {
    echo: listenForEcho(Number(Deno.args[0] ?? "1")),
    source: listen({ hostname: "127.0.0.1", port: 0 }, source),
    sink: listen({ hostname: "127.0.0.1", port: 0 }, sink),
  };
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(ready)}\n`));
  for await (const _ of Deno.stdin.readable);
  for (const one of open) {
    open.delete(one);
    one.close();
  }
}

await main();
