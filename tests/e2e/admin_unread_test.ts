/** The cost of clients that request a lot from the admin API and read none of it. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { freePorts } from "../support/free_ports.ts";
import { eventually, within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { residentBytes } from "../support/process_figures.ts";
import { WeirProcess } from "../support/weir_process.ts";

const CLIENTS = 300;
const BACKENDS = 800;
/** More than all answers together would take if each client had its own. */
const MOST_BYTES = 400 * 1024 * 1024;

/** Names so long that an answer does not fit into the buffers of the kernel. */
function backends(): string {
  return Array.from({ length: BACKENDS }, (_, index) => {
    const last = (0x1000 + index).toString(16);
    return `[fd00:1111:2222:3333:4444:5555:6666:${last}]:65535`;
  }).join(", ");
}

async function isAlive(admin: number): Promise<boolean> {
  const client = Deno.createHttpClient({});
  try {
    const answer = within("/healthz", fetch(`http://127.0.0.1:${admin}/healthz`, { client }));
    return (await (await answer).json()).alive;
  } finally {
    client.close();
  }
}

/** Sends a request, and reads no answer. */
async function ask(admin: number, path: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: admin });
  const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${admin}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  return connection;
}

/** The status of the answer; `undefined` if the connection was closed without one. */
async function statusOf(connection: Deno.TcpConn): Promise<string | undefined> {
  const buffer = new Uint8Array(64);
  const count = await within("an answer", connection.read(buffer).catch(() => null));
  return /^HTTP\/1\.1 (\d+)/.exec(new TextDecoder().decode(buffer.subarray(0, count ?? 0)))?.[1];
}

if (Deno.build.os === "linux") {
  permittedTest(["all"], `${CLIENTS} clients that read no answer are no burden`, async () => {
    const [port, admin] = freePorts(2) as [number, number];
    const options = `admin = 127.0.0.1:${admin}\nhealth_check = off`;
    await using weir = await WeirProcess.start(
      `[options]\n${options}\n[mappings]\n127.0.0.1:${port} = ${backends()}\n`,
    );
    assert(await isAlive(admin));
    for (const path of ["/metrics", "/api/v1/status", "/api/v1/events?kinds=status"]) {
      const clients = await Promise.all(Array.from({ length: CLIENTS }, () => ask(admin, path)));
      try {
        for (let index = 0; index < 20; index++) assert(await isAlive(admin));
        const statuses = Map.groupBy(
          await Promise.all(clients.map(statusOf)),
          (status) => status ?? "closed",
        );
        assert((statuses.get("200") ?? []).length >= 1, path);
        // A status fits into the buffers of the kernel, and then its client takes no place.
        if (path !== "/api/v1/status") assert((statuses.get("503") ?? []).length >= 1, path);
        assertLess(residentBytes(weir.pid), MOST_BYTES, path);
      } finally {
        for (const client of clients) client.close();
      }
      await eventually("somebody who reads is answered", async () => {
        const response = await fetch(`http://127.0.0.1:${admin}/metrics`);
        return response.status === 200 && (await response.text()).includes("weir_backend_up");
      });
    }
    assertEquals((await weir.stop()).code, 0);
  });

  permittedTest(
    ["all"],
    "every probe is answered while few descriptors are wanted by many",
    async () => {
      const [port, admin] = freePorts(2) as [number, number];
      const options = `admin = 127.0.0.1:${admin}\nhealth_check = off`;
      await using weir = await WeirProcess.start(
        `[options]\n${options}\n[mappings]\n127.0.0.1:${port} = ${backends()}\n`,
        { wrapper: ["sh", "-c", 'ulimit -n 300 && exec "$@"', "sh"] },
      );
      using clients = new DisposableStack();
      const burst = Promise.all(Array.from({ length: CLIENTS }, async () => {
        // One that is closed before it has asked has had its answer.
        const client = await ask(admin, "/metrics").catch(() => undefined);
        if (client !== undefined) clients.use(client);
      }));
      for (let index = 0; index < 50; index++) assert(await isAlive(admin), `probe ${index}`);
      await burst;
      assertEquals((await weir.stop()).code, 0);
    },
  );
}
