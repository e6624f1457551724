/** What people and programs see of a pool that several listeners use. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env", "sys"] as const;
/** Nothing listens there, and no test ever gets such a low port. */
const REFUSING = "127.0.0.1:1";

permittedTest(
  NEEDS,
  "a pool of several listeners is shown once, and named wherever it acts",
  async () => {
    await using backend = new TestBackend(echo);
    const [port, edge, web] = freePorts(3) as [number, number, number];
    const admin = `127.0.0.1:${port}`;
    const folder = await Deno.makeTempDir();
    const log = `${folder}/access.log`;
    try {
      await using weir = await WeirProcess.start(`
[options]
admin = ${admin}
access_log = ${log}
health_check = off

[listener edge]
listen = 127.0.0.1:${edge}
pool = app

[listener web]
listen = 127.0.0.1:${web}
pool = app

[pool app]
backends = gone@${REFUSING}, blue@${backend.name} backup
max_fails = 0
`);
      const ask = (...args: string[]) => WeirProcess.run([...args, "--admin", admin]);
      const read = async (path: string) => {
        const response = await fetch(`http://${admin}${path}`);
        return { code: response.status, body: await response.json() };
      };
      assertStringIncludes(
        weir.stderr,
        `Listening on 127.0.0.1:${edge}: pool app, weighted_round_robin over 2 backends`,
      );

      using first = await SocketEnd.connect(edge);
      using second = await SocketEnd.connect(web);
      for (const client of [first, second]) await client.ping();

      const status = await ask("status");
      assertEquals(status.code, 0);
      const lines = status.stdout.split("\n").filter((line) => /^(edge|web|pool) /.test(line));
      assertEquals(lines, [
        `edge listens on 127.0.0.1:${edge}, pool app`,
        `web listens on 127.0.0.1:${web}, pool app`,
        "pool app serves edge, web",
      ]);
      assertMatch(status.stdout, /^ {2}gone +Up .*\n {2}blue +Up +/m);

      const listed = await ask("sessions", "--pool", "app");
      assertMatch(listed.stdout, /^ID +CLIENT +LISTENER +POOL +BACKEND /);
      assertMatch(listed.stdout, / edge +app +blue .*\n|\n.* web +app +blue /);
      assertMatch(listed.stdout, /\n2 of 2 sessions\n$/);
      assertMatch((await ask("sessions", "--pool", "other")).stdout, /\n0 of 0 sessions\n$/);

      const drained = await ask("drain", "app/gone");
      assertEquals(drained.stdout, "app/gone: mode drain, now drain, with 0 sessions\n");
      assertEquals((await ask("drain", "app/blue")).code, 0);
      const reason = (key: string) =>
        `listener ${key} has no backend that takes sessions in pool app`;
      await eventually("nothing is ready", async () => (await read("/readyz/pools")).code === 503);
      assertEquals((await read("/readyz/pools")).body, {
        ready: false,
        reasons: [reason("edge"), reason("web")],
        pools: [{ pool: "app", ready: false }],
      });
      assertEquals((await read("/readyz?listener=web")).body.reasons, [reason("web")]);
      using refused = await SocketEnd.connect(web);
      assertEquals((await refused.readAll()).length, 0);
      await weir.logged(
        /Closed a client of listener web at once: all backends of its pool app are down/,
      );

      for (const client of [first, second]) client.close();
      const ended = () => Deno.readTextFileSync(log).trimEnd().split("\n");
      await eventually("all sessions are in the access log", () => ended().length === 3);
      const fields = ended().map((line) => line.split(" ")).map((words) =>
        [words[2], words[3], words[6], words[7]].join(" ")
      );
      const tried = "1 gone=connect_failed,blue=connected";
      assertEquals(fields.toSorted(), [
        `edge app/blue ${tried}`,
        "web app/<none> 0 <none>",
        `web app/blue ${tried}`,
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
