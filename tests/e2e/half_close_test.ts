/** The end of one direction is passed on, and the other one goes on. */
import { assertEquals } from "@std/assert";
import { Reception } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { seededBytes, sha256 } from "../support/test_bytes.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;
const BULK = seededBytes(1, 4 * 1024 * 1024);
/** A probe must not be taken for the client. */
const UNPROBED = { health_check: "off" };
const RECEIVED = { length: BULK.length, sha256: sha256(BULK), ending: "end" } as const;

permittedTest(
  NEEDS,
  "a client that shuts down its write side and then reads gets the whole reply",
  async () => {
    const reception = new Reception();
    await using backend = new TestBackend(reception.conduct);
    const port = freePort();
    const config = testConfig({ port, backends: [backend.name], options: UNPROBED });
    await using weir = await WeirProcess.start(config);
    using client = await SocketEnd.connect(port);
    await client.send("request");
    await client.finish();
    const served = await reception.next();
    assertEquals(await served.readAllText(), "request");
    await Promise.all([
      served.send(BULK).then(() => served.finish()),
      client.readAll().then((received) => assertEquals(received, RECEIVED)),
    ]);
    assertEquals((await weir.stop()).code, 0);
  },
);

permittedTest(
  NEEDS,
  "a backend that shuts down first still receives what the client sends after",
  async () => {
    const reception = new Reception();
    await using backend = new TestBackend(reception.conduct);
    const port = freePort();
    const config = testConfig({ port, backends: [backend.name], options: UNPROBED });
    await using weir = await WeirProcess.start(config);
    using client = await SocketEnd.connect(port);
    const served = await reception.next();
    await served.send("banner");
    await served.finish();
    assertEquals(await client.readAllText(), "banner");
    await Promise.all([
      client.send(BULK).then(() => client.finish()),
      served.readAll().then((received) => assertEquals(received, RECEIVED)),
    ]);
    assertEquals((await weir.stop()).code, 0);
  },
);
