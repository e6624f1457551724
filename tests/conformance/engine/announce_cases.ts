/** The PROXY header comes before everything else, whichever side speaks first. */
import { assertEquals } from "@std/assert";
import { Reception } from "../../support/conducts.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import { seededBytes } from "../../support/test_bytes.ts";
import type { EngineCase } from "./engine_case.ts";

const PAYLOAD = seededBytes(20, 100_000);
const V2_SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

/** The header that a backend must see, written out by hand. */
type Header = (clientPort: number, weirPort: number) => readonly number[];

const textHeader: Header = (clientPort, weirPort) => [
  ...new TextEncoder().encode(`PROXY TCP4 127.0.0.1 127.0.0.1 ${clientPort} ${weirPort}\r\n`),
];

const textHeaderV6: Header = (clientPort, weirPort) => [
  ...new TextEncoder().encode(`PROXY TCP6 ::1 ::1 ${clientPort} ${weirPort}\r\n`),
];

const binaryHeader: Header = (clientPort, weirPort) => [
  ...V2_SIGNATURE,
  // Version 2 and PROXY, TCP over IPv4, twelve bytes of addresses.
  ...[0x21, 0x11, 0, 12],
  ...[127, 0, 0, 1],
  ...[127, 0, 0, 1],
  ...[clientPort >> 8, clientPort & 0xff],
  ...[weirPort >> 8, weirPort & 0xff],
];

interface Announcement {
  readonly version: "v1" | "v2";
  readonly hostname: string;
  readonly header: Header;
}

const ANNOUNCEMENTS: readonly Announcement[] = [
  { version: "v1", hostname: "127.0.0.1", header: textHeader },
  { version: "v1", hostname: "::1", header: textHeaderV6 },
  { version: "v2", hostname: "127.0.0.1", header: binaryHeader },
];

export const ANNOUNCE_CASES: readonly EngineCase[] = ANNOUNCEMENTS.map((announcement) => ({
  name: `writes the PROXY header ${announcement.version} for ${announcement.hostname} first, and ` +
    "the payload after it",
  async run(engine) {
    const { version, hostname, header } = announcement;
    const reception = new Reception();
    await using backend = new TestBackend(reception.conduct);
    await using weir = await RunningWeir.start(engine, {
      backends: [backend.name],
      hostname,
      options: { proxy_protocol: version },
    });
    // One client sends at once, another one waits for the backend to speak.
    for (const eager of [true, false]) {
      using client = await SocketEnd.connect(weir.port, hostname);
      if (eager) await client.send(PAYLOAD);
      const served = await reception.next();
      const expected = header(client.port, weir.port);
      assertEquals([...await served.read(expected.length)], [...expected]);
      await served.send("hello");
      assertEquals(await client.readText(5), "hello");
      if (!eager) await client.send(PAYLOAD);
      assertEquals(await served.read(PAYLOAD.length), PAYLOAD);
      client.close();
      assertEquals(await served.readSome(), undefined);
      served.close();
    }
    const records = await weir.finish();
    // The header is Weir's own and is not counted.
    assertEquals(records.map((record) => record.bytes_in), [PAYLOAD.length, PAYLOAD.length]);
  },
}));
