import { assertEquals, assertRejects } from "@std/assert";
import { connectTcp, isSelfConnection } from "../../../lib/base/connect_tcp.ts";
import { freePort } from "../../support/free_ports.ts";
import { permittedTest } from "../../support/permitted.ts";

const { signal } = new AbortController();

Deno.test("isSelfConnection() compares both host and port", () => {
  const address = { hostname: "127.0.0.1", port: 40_000 };
  assertEquals(isSelfConnection(address, { ...address }), true);
  assertEquals(isSelfConnection(address, { ...address, port: 40_001 }), false);
  assertEquals(isSelfConnection(address, { ...address, hostname: "127.0.0.2" }), false);
});

permittedTest(
  ["net"],
  "connectTcp() connects to whoever listens, and tells of a refusal",
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { hostname, port } = listener.addr;
    using conn = await connectTcp({ hostname, port, signal });
    using accepted = await listener.accept();
    assertEquals(accepted.remoteAddr.port, conn.localAddr.port);
    await assertRejects(
      () => connectTcp({ hostname, port: freePort(), signal }),
      Deno.errors.ConnectionRefused,
    );
  },
);
