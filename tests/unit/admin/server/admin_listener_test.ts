import { assertEquals } from "@std/assert";
import { AdminListener } from "../../../../lib/admin/server/admin_listener.ts";
import { HttpServer } from "../../../../lib/admin/server/http_server.ts";
import { jsonReply } from "../../../../lib/admin/server/reply.ts";
import { within } from "../../../support/patience.ts";
import { permittedTest } from "../../../support/permitted.ts";

const MOST_CONNECTIONS = 4;
const LIMITS = {
  requestTimeoutMs: 20_000,
  writeTimeoutMs: 20_000,
  lingerTimeoutMs: 20_000,
  mostLargeAnswers: () => 2,
};

/** Connects, sends something and returns how the answer begins, if there is any. */
class Client implements Disposable {
  readonly #connection: Deno.TcpConn;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect(port: number, text: string): Promise<Client> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode(text));
    return new Client(connection);
  }

  async answer(): Promise<string> {
    const buffer = new Uint8Array(15);
    const count = await within("an answer", this.#connection.read(buffer).catch(() => null));
    return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

/** Connects many clients before one is accepted, and returns how the last ones were answered. */
async function answersTo(texts: readonly string[], last: number): Promise<string[]> {
  const listener = await AdminListener.open({
    address: { kind: "tcp", address: { hostname: "127.0.0.1", port: 0 } },
    mostConnections: () => MOST_CONNECTIONS,
    spareFiles: [],
  });
  if (listener.address.kind !== "tcp") throw new TypeError("This is no port");
  const { port } = listener.address.address;
  const server = new HttpServer(() => Promise.resolve(jsonReply({ alive: true })), LIMITS);
  using clients = new DisposableStack();
  try {
    const all: Client[] = [];
    for (const text of texts) all.push(clients.use(await Client.connect(port, text)));
    listener.serve((connection) => server.take(connection));
    return await Promise.all(all.slice(-last).map((client) => client.answer()));
  } finally {
    await listener.close();
  }
}

const CLIENTS = 60;
const PROBE = "GET /healthz HTTP/1.1\r\nhost: weir\r\n\r\n";
const ALIVE = "HTTP/1.1 200 OK";

permittedTest(
  ["net"],
  "AdminListener closes no connection before its request is read",
  async () => {
    const answers = await answersTo(Array.from({ length: CLIENTS }, () => PROBE), CLIENTS);
    assertEquals(answers, Array.from({ length: CLIENTS }, () => ALIVE));
  },
);

for (const text of ["", "G", PROBE.replace("/healthz", "/metrics")]) {
  const name = `AdminListener answers a probe behind many that sent ${text.length} bytes`;
  permittedTest(["net"], name, async () => {
    const others = Array.from({ length: CLIENTS }, () => text);
    assertEquals(await answersTo([...others, PROBE], 1), [ALIVE]);
  });
}
