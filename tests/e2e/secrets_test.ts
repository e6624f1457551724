/** Reading logs, the API or the terminal does not reveal what a health check sends. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { freePorts } from "../support/free_ports.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { TestBackend } from "../support/test_backend.ts";
import { type WeirOptions, WeirProcess } from "../support/weir_process.ts";

const PASSWORD = "hunter2";
const SECOND_PASSWORD = "swordfish";

/** Ways to write it that cause errors or warnings. */
const MISTAKES: readonly string[] = [
  String.raw`health_send = AUTH ${PASSWORD}\q`,
  `health_send = AUTH ${PASSWORD}\nhealth_send = AUTH ${PASSWORD}`,
  `health_send = AUTH ${PASSWORD},\n  ${PASSWORD}`,
  `health_send = AUTH ${PASSWORD},`,
  `health_send AUTH ${PASSWORD}`,
  `health-send: AUTH ${PASSWORD}`,
  `"health_send": "AUTH key=${PASSWORD}"`,
  `healthsend = AUTH ${PASSWORD}`,
  `[options] health_send = AUTH ${PASSWORD}`,
  `health_send =\n  AUTH ${PASSWORD}`,
  `health_send = ${" ".repeat(2000)}${PASSWORD}${"x".repeat(1_000_000)}`,
  `health_send = AUTH ${PASSWORD}${"x".repeat(20_000)}`,
  `health_check = tcp\nhealth_send = AUTH ${PASSWORD}`,
];

permittedTest(
  ["net", "read", "write", "run", "env"],
  "an attacker who reads everything that Weir says does not find out what health_send is",
  async () => {
    // It repeats whatever it is sent, as servers do that do not understand.
    await using backend = new TestBackend(async (end) => {
      const asked = await end.readSome();
      await end.send(`-ERR unknown command ${new TextDecoder().decode(asked)}`);
    });
    const [port = 0, admin = 0] = freePorts(2);
    function config(password: string): string {
      const check =
        `health_check = send_expect\nhealth_send = AUTH ${password}\nhealth_expect = +OK`;
      const options = `admin = 127.0.0.1:${admin}\nlog_format = json\nhealth_interval = 50ms`;
      return `[mappings]\n127.0.0.1:${port} = ${backend.name}\n[options]\n${options}\n${check}\n`;
    }
    await using weir = await ReloadableWeir.start(config(PASSWORD));
    await weir.logged(/answered .*expected/);
    const heard: string[] = [await weir.reload(config(SECOND_PASSWORD))];
    assertStringIncludes(heard[0] ?? "", "health_send was changed");
    for (const mistake of MISTAKES) {
      const text = config("").replace("health_send = AUTH", mistake);
      heard.push(await weir.reload(text));
      heard.push(await ask(admin, "POST", "/api/v1/reload"));
      for (const path of ["/api/v1/status", "/api/v1/config", "/metrics"]) {
        heard.push(await ask(admin, "GET", path));
      }
      const options: WeirOptions = { task: "check" };
      for (const args of [["check", weir.file], ["check", weir.file, "--json"]]) {
        const { stdout, stderr } = await WeirProcess.run(args, options);
        assert(stdout + stderr !== "");
        heard.push(stdout, stderr);
      }
      const told = await WeirProcess.run(["reload", "--admin", `127.0.0.1:${admin}`]);
      heard.push(told.stdout, told.stderr);
    }
    heard.push(await listenToEvents(admin, /Reloaded \(SIGHUP\)/), weir.log);
    for (const text of heard) {
      for (const secret of [PASSWORD, SECOND_PASSWORD]) {
        const at = text.indexOf(secret);
        assertEquals(at, -1, `${text.slice(Math.max(0, at - 300), at + 100)}`);
      }
    }
  },
);

async function ask(admin: number, method: string, path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${admin}${path}`, { method });
  const text = await answer.text();
  assert(text !== "", path);
  return text;
}

/** What the event stream sends to a new client: past events, and the status. */
async function listenToEvents(admin: number, pattern: RegExp): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${admin}/api/v1/events`, {
    headers: { "last-event-id": "0" },
  });
  const reader = (answer.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .getReader();
  let text = "";
  await eventually("the past has been told", async () => {
    text += (await reader.read()).value ?? "";
    return text.includes("notReadyReasons") && pattern.test(text) && text.endsWith("\n\n");
  });
  await reader.cancel();
  return text;
}
