/** Listeners change their pools, and pools their names, under load: no client notices. */
import { assertEquals, assertMatch } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { Load } from "../support/load.ts";
import { howMany } from "../support/long_tests.ts";
import { readMetrics } from "../support/metrics.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import type { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const RATE = 100;
const ROUNDS = howMany(15, 50);
const ALGORITHMS = ["random", "least_connections", "p2c", "source_hash", "round_robin"];

permittedTest(
  NEEDS,
  "reloads that change pools, names, includes and algorithms cost no client anything",
  async () => {
    await using first = new TestBackend(echo);
    await using second = new TestBackend(echo);
    await using third = new TestBackend(echo);
    const [admin = 0, portable = 0, fast = 0, extra = 0, other = 0] = freePorts(5);

    /** Each round differs from the one before in everything but the two listeners' addresses. */
    function config(round: number): string {
      const label = round % 3 === 0 ? "" : `blue${round % 3}@`;
      const shared = `[pool app${round % 2}]
backends = ${label}${first.name} weight=${1 + round % 3}, ${second.name}
algorithm = ${ALGORITHMS[round % ALGORITHMS.length]}
`;
      const own = `[pool own]\nbackends = ${third.name}, ${second.name} backup\n`;
      const usesOwn = round % 4 === 3;
      return `
[options]
workers = 2
admin = 127.0.0.1:${admin}
${round % 2 === 0 ? "include = conf.d/*.cfg" : ""}

[listener ${round % 5 === 4 ? "renamed" : "portable"}]
listen = 127.0.0.1:${portable}
pool = app${round % 2}
engine = streams

[listener fast]
listen = 127.0.0.1:${fast}${round % 3 === 2 ? `, 127.0.0.1:${extra}` : ""}
pool = ${usesOwn ? "own" : `app${round % 2}`}
engine = native

${shared}${usesOwn ? own : ""}`;
    }

    await using weir = await ReloadableWeir.start(config(1));
    await Deno.mkdir(weir.path("conf.d"));
    const included = `[mappings]\n127.0.0.1:${other} = ${third.name}\n`;
    await Deno.writeTextFile(weir.path("conf.d/a.cfg"), included);
    const loads = [portable, fast].map((port) => new Load(port, RATE, askForEchoAlone));
    for (let round = 2; round <= ROUNDS; round++) {
      await eventually("clients come", () => loads.every(({ started }) => started > round * 15));
      assertMatch(await weir.reload(config(round)), /Reloaded \(SIGHUP\)/);
    }
    await Promise.all(loads.map((load) => load.stop()));
    assertEquals(loads.map(({ failed }) => failed), [[], []], weir.log);
    await eventually("nothing is left of what was removed", async () => {
      const metrics = [...await readMetrics(admin)];
      const leaving = metrics.filter(([name, value]) => /_leaving\{/.test(name) && value !== 0);
      const active = metrics.filter(([name, value]) =>
        /_active_sessions\{/.test(name) && value > 0
      );
      return leaving.length + active.length === 0;
    });
    assertEquals(await weir.stop(), 0);
  },
);

/** Asks for an echo of its own, and ends the connection cleanly. */
async function askForEchoAlone(client: SocketEnd, index: number): Promise<void> {
  await client.ping(`question ${index}`);
  await client.finish();
  if (await client.readAllText() !== "") throw new Error("Got something after the answer");
}
