import { assert, assertEquals, assertMatch } from "@std/assert";
import { configureLogging, resetLogging } from "../../../lib/log/logging.ts";
import { SystemdNotify } from "../../../lib/supervisor/systemd_notify.ts";
import { within } from "../../support/patience.ts";
import { permittedTest } from "../../support/permitted.ts";

/** The socket that systemd would listen on. */
class NotifySocket implements Disposable {
  /** What NOTIFY_SOCKET says about it. */
  readonly name: string;
  readonly #socket: Deno.DatagramConn;

  constructor(name: string) {
    this.name = name;
    const path = name.replace(/^@/, "\0");
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
  }

  async receive(): Promise<string> {
    const [bytes] = await within("a notification", this.#socket.receive());
    return new TextDecoder().decode(bytes);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
    if (!this.name.startsWith("@")) Deno.removeSync(this.name);
  }
}

const SIGN_OF_LIFE = "WATCHDOG=1";

function envOf(variables: Record<string, string>): (name: string) => string | undefined {
  return (name) => variables[name];
}

async function collectWarnings(work: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  configureLogging({ level: "warning", format: "text", write: (line) => lines.push(line) });
  try {
    await work();
    return lines;
  } finally {
    resetLogging();
  }
}

if (Deno.build.os === "linux") {
  permittedTest(["net", "read", "write"], "SystemdNotify tells the course of things", async () => {
    const folder = await Deno.makeTempDir();
    for (const name of [`${folder}/notify`, `@weir-test-${crypto.randomUUID()}`]) {
      using socket = new NotifySocket(name);
      const notify = new SystemdNotify({
        env: envOf({ NOTIFY_SOCKET: name }),
        monotonicMicros: () => 123n,
      });
      assert(notify.isActive);
      notify.ready();
      notify.reloading();
      notify.stopping();
      const messages: string[] = [];
      for (let turn = 0; turn < 3; turn++) messages.push(await socket.receive());
      await notify.close();
      assertEquals(messages, ["READY=1", "RELOADING=1\nMONOTONIC_USEC=123", "STOPPING=1"]);
    }
    await Deno.remove(folder);
  });

  permittedTest(["net", "read", "write"], "SystemdNotify gives signs of life", async () => {
    using socket = new NotifySocket(`@weir-test-${crypto.randomUUID()}`);
    const notify = new SystemdNotify({
      env: envOf({
        NOTIFY_SOCKET: socket.name,
        WATCHDOG_USEC: "20000",
        WATCHDOG_PID: String(Deno.pid),
      }),
    });
    notify.ready();
    assertEquals(await socket.receive(), "READY=1");
    notify.ready();
    const messages = [await socket.receive(), await socket.receive(), await socket.receive()];
    assertEquals(messages.toSorted(), ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]);
    await notify.close();
  });

  permittedTest(
    ["net", "read", "write"],
    "SystemdNotify sends no keep-alives meant for another process",
    async () => {
      using socket = new NotifySocket(`@weir-test-${crypto.randomUUID()}`);
      const env = envOf({ NOTIFY_SOCKET: socket.name, WATCHDOG_USEC: "1000", WATCHDOG_PID: "1" });
      const notify = new SystemdNotify({ env });
      await notify.ready();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await notify.stopping();
      assertEquals([await socket.receive(), await socket.receive()], ["READY=1", "STOPPING=1"]);
      await notify.close();
    },
  );

  permittedTest(
    ["net", "read", "write"],
    "SystemdNotify says no more of reloads once the service stops",
    async () => {
      using socket = new NotifySocket(`@weir-test-${crypto.randomUUID()}`);
      const env = envOf({ NOTIFY_SOCKET: socket.name, WATCHDOG_USEC: "20000" });
      const notify = new SystemdNotify({ env, monotonicMicros: () => 1n });
      await notify.ready();
      await notify.stopping();
      await notify.reloading();
      await notify.ready();
      const messages: string[] = [];
      // The last keep-alive was sent after everything else.
      while (!messages.includes("STOPPING=1") || messages.at(-1) !== SIGN_OF_LIFE) {
        messages.push(await socket.receive());
      }
      await notify.close();
      await notify.ready();
      assertEquals(messages.filter((message) => message !== SIGN_OF_LIFE), [
        "READY=1",
        "STOPPING=1",
      ]);
    },
  );

  permittedTest(["net", "read", "write"], "SystemdNotify warns once where it fails", async () => {
    const warnings = await collectWarnings(async () => {
      const notify = new SystemdNotify({ env: envOf({ NOTIFY_SOCKET: "/nowhere/notify" }) });
      await notify.ready();
      await notify.stopping();
      await notify.close();
    });
    assertEquals(warnings.length, 1);
    assertMatch(warnings[0] as string, /Could not notify systemd: /);
  });

  permittedTest(
    // The last three are for reading the system's own time.
    ["net", "read", "write", "sys", "env", "run", "ffi"],
    "SystemdNotify sends a time that is not before the system's own",
    async () => {
      using socket = new NotifySocket(`@weir-test-${crypto.randomUUID()}`);
      const notify = new SystemdNotify({ env: envOf({ NOTIFY_SOCKET: socket.name }) });
      const before = Number((await Deno.readTextFile("/proc/uptime")).split(" ")[0]);
      await notify.reloading();
      const [, micros] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(await socket.receive()) ?? [];
      assert(Number(micros) / 1e6 > before, micros);
      await notify.close();
    },
  );

  permittedTest(
    ["run", "read", "write", "net"],
    "SystemdNotify works with the permissions that it names, and needs none without systemd",
    async () => {
      const module = new URL("../../../lib/supervisor/systemd_notify.ts", import.meta.url).href;
      const config = new URL("../../../deno.json", import.meta.url).pathname;
      const script = `
        import { SystemdNotify } from "${module}";
        const notify = new SystemdNotify();
        await notify.reloading();
        await notify.close();
        console.log(notify.isActive);`;
      const url = `data:application/typescript,${encodeURIComponent(script)}`;
      const run = async (socket: string, ...permissions: string[]): Promise<string> => {
        const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "--no-check", "--no-prompt", "--config", config, ...permissions, url],
          env: { NOTIFY_SOCKET: socket },
        }).output();
        return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      };
      using socket = new NotifySocket(`@weir-test-${crypto.randomUUID()}`);
      assertEquals(await run(socket.name), "false\n");
      const variables = "--allow-env=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID";
      const output = await run(
        socket.name,
        variables,
        "--allow-net",
        "--allow-read",
        "--allow-write",
        "--allow-sys",
      );
      assertEquals(output, "true\n");
      assertMatch(await socket.receive(), /^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    },
  );
}

Deno.test("SystemdNotify does nothing where systemd did not start the process", async () => {
  for (const variables of [{}, { NOTIFY_SOCKET: "" }, { NOTIFY_SOCKET: "vsock:2:1234" }]) {
    const warnings = await collectWarnings(async () => {
      const notify = new SystemdNotify({ env: envOf(variables) });
      assertEquals(notify.isActive, false);
      await notify.ready();
      await notify.reloading();
      await notify.close();
    });
    assertEquals(warnings, []);
  }
});
