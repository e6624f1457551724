/**
 * How Weir ends: the delay before it, spreading the closings over a time, and what systemd is told.
 */
import { assert, assertEquals, assertGreaterOrEqual, assertMatch } from "@std/assert";
import { bothEngines } from "../support/both_engines.ts";
import { echo } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { eventually, within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const UNCHECKED = { health_check: "off" };
const SPREAD_MS = 1_500;

permittedTest(
  NEEDS,
  "during shutdown_delay Weir is no longer ready, but still serves",
  async () => {
    await using backend = new TestBackend(echo);
    const admin = freePort();
    const { text, listeners } = bothEngines({
      backends: [backend.name],
      options: { ...UNCHECKED, shutdown_delay: "1500ms", admin: `127.0.0.1:${admin}` },
    });
    await using weir = await ReloadableWeir.start(text);
    assertEquals(await statusOf(`http://127.0.0.1:${admin}/readyz`), 200);
    weir.process.signal("SIGTERM");
    await eventually(
      "it is not ready",
      async () => await statusOf(`http://127.0.0.1:${admin}/readyz`) === 503,
    );
    for (const { port } of listeners) {
      using client = await SocketEnd.connect(port);
      await client.ping();
    }
    assertEquals((await weir.process.ending()).code, 0);
    assertMatch(weir.log, /no longer ready/);
    assertMatch(weir.log, /Every session has ended/);
  },
);

permittedTest(NEEDS, "sessions left after drain_timeout are closed over close_spread", async () => {
  await using backend = new TestBackend(echo);
  const { text, listeners } = bothEngines({
    backends: [backend.name],
    options: { ...UNCHECKED, drain_timeout: "300ms", close_spread: `${SPREAD_MS}ms` },
  });
  await using weir = await ReloadableWeir.start(text);
  using stack = new DisposableStack();
  const lives = await Promise.all(
    listeners.map(({ port }) =>
      Promise.all(Array.from({ length: 20 }, async () => {
        const client = stack.use(await SocketEnd.connect(port));
        await client.ping();
        return { gone: client.readAll().then(() => performance.now()) };
      }))
    ),
  );
  weir.process.signal("SIGTERM");
  for (const ofEngine of lives) {
    const closings = Promise.all(ofEngine.map(({ gone }) => gone));
    const atMs = (await within("the closings", closings)).sort((a, b) => a - b);
    const [first = 0, last = 0] = [atMs[0], atMs.at(-1)];
    assertGreaterOrEqual(last - first, SPREAD_MS / 2);
  }
  assertEquals((await weir.process.ending()).code, 0);
  assertMatch(weir.log, /sessions have not ended yet/);
  assertMatch(weir.log, /Closed 40 sessions that had not ended in time/);
  const records = await weir.records();
  assertEquals(records.map(({ close_code }) => close_code), Array(40).fill("KD"));
});

permittedTest(
  NEEDS,
  "systemd hears of the start, of signs of life, of reloads and of the end",
  async () => {
    await using backend = new TestBackend(echo);
    const config = testConfig({
      port: freePort(),
      backends: [backend.name],
      options: { ...UNCHECKED, workers: 1 },
    });
    const name = `weir-test-${crypto.randomUUID()}`;
    const socket = Deno.listenDatagram({ transport: "unixpacket", path: `\0${name}` });
    const messages: string[] = [];
    const receiving = (async () => {
      for await (const [bytes] of socket) messages.push(new TextDecoder().decode(bytes));
    })();
    try {
      await using weir = await ReloadableWeir.start(config, {
        env: { NOTIFY_SOCKET: `@${name}`, WATCHDOG_USEC: "200000" },
      });
      await eventually("signs of life come", () => count("WATCHDOG=1") >= 3);
      assertMatch(messages[0] as string, /^READY=1/);
      await weir.reload(`${config}# again\n`);
      await eventually("it is ready again", () => count("READY=1") === 2);
      const reloading = messages.findIndex((message) => message.startsWith("RELOADING=1"));
      assert(reloading > 0 && reloading < messages.findLastIndex(isReady), messages.join(" | "));
      // With the permissions of the task: Type=notify-reload needs it.
      assertMatch(messages[reloading] as string, /\nMONOTONIC_USEC=\d+$/);
      await weir.reload("[mappings]\nwrong\n");
      await eventually("it says that it goes on", () => count("READY=1") === 3);
      assertEquals(await weir.stop(), 0);
      await eventually("it said that it stops", () => count("STOPPING=1") === 1);
      assertEquals(weir.log.includes("Could not notify"), false);
    } finally {
      socket.close();
      await receiving;
    }

    function count(start: string): number {
      return messages.filter((message) => message.startsWith(start)).length;
    }
  },
);

function isReady(message: string): boolean {
  return message.startsWith("READY=1");
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}
