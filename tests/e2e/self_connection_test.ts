/** A connection to a port where nobody listens may come back to itself: it counts as refused. */
import { assert, assertEquals } from "@std/assert";
import { ENGINES } from "../support/both_engines.ts";
import { within } from "../support/patience.ts";
import { PrivateNet, privateNetTest } from "../support/private_net.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";

/** The system may give out few ports, so that it soon gives the one that is dialled. */
const OUTGOING_PORTS = [41_000, 41_007] as const;
const BACKEND = "127.0.0.1:41002";
const LISTENER_PORT = 20_001;
const ADMIN_PORT = 20_002;
const CLIENTS = 60;
const PROBES = 60;

for (const engine of ENGINES) {
  privateNetTest(
    `${engine} takes a connection that came back to itself for a refused one`,
    async () => {
      await using net = await PrivateNet.open({ outgoingPorts: OUTGOING_PORTS });
      await using weir = await ReloadableWeir.start(
        [
          "[options]",
          `engine = ${engine}`,
          "workers = 1",
          "health_check = off",
          "max_fails = 0",
          "log_format = json",
          "access_log = FOLDER/access.log",
          "[mappings]",
          `127.0.0.1:${LISTENER_PORT} = ${BACKEND}`,
          "",
        ].join("\n"),
        { wrapper: net.wrapper },
      );
      const echoed = await runIn(
        net,
        `let echoed = 0;
      for (let i = 0; i < ${CLIENTS}; i++) {
        using conn = await Deno.connect({ hostname: "127.0.0.1", port: ${LISTENER_PORT} });
        try {
          await conn.write(new Uint8Array(1));
          if (await conn.read(new Uint8Array(1)) !== null) echoed++;
        } catch {
          // Closed with what was sent unread.
        }
      }
      console.log(echoed);`,
      );
      assertEquals(echoed, "0");
      const records = await weir.recordsWhen(
        "all sessions are logged",
        (records) => records.length === CLIENTS,
      );
      assertEquals(records.filter(({ close_code }) => close_code !== "SC"), []);
      assertEquals(await weir.stop(), 0);
    },
  );
}

privateNetTest(
  "a health check takes a connection that came back to itself for a refused one",
  async () => {
    await using net = await PrivateNet.open({ outgoingPorts: OUTGOING_PORTS });
    await using weir = await ReloadableWeir.start(
      [
        "[options]",
        "workers = 1",
        "health_interval = 50ms",
        "health_rise = 1",
        `admin = 127.0.0.1:${ADMIN_PORT}`,
        "[mappings]",
        `127.0.0.1:${LISTENER_PORT} = ${BACKEND}`,
        "",
      ].join("\n"),
      { wrapper: net.wrapper },
    );
    const passed = await runIn(
      net,
      `for (;;) {
      const text = await (await fetch("http://127.0.0.1:${ADMIN_PORT}/metrics")).text();
      const count = (result) => Number(
        new RegExp('weir_backend_checks_total.*result="' + result + '".* (\\\\d+)').exec(text)?.[1],
      );
      if (count("failed") + count("passed") >= ${PROBES}) {
        console.log(count("passed"));
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }`,
    );
    assertEquals(passed, "0");
    assert(/is down: /.test(weir.log), weir.log);
    assertEquals(await weir.stop(), 0);
  },
);

/** Runs a program in the network, and gives what it prints. */
async function runIn(net: PrivateNet, program: string): Promise<string> {
  const [command = "", ...args] = [...net.wrapper, Deno.execPath(), "eval", "--no-lock", program];
  const child = new Deno.Command(command, { args, stdin: "null", env: { NO_COLOR: "1" } });
  const { stdout, stderr } = await within("the program", child.output());
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  return decoder.decode(stdout).trim();
}
