/**
 * A file that is not a configuration is refused, and the Weir that reads it goes on undisturbed.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";

/** An answer takes a few milliseconds; reading the whole file at once would take a minute. */
const PATIENCE_MS = 5_000;

const LINES = 300_000;

const WRONG_FILES: Readonly<Record<string, (config: string) => string>> = {
  "unknown keys": (config) => `${config}[options]\n${lines((i) => `unknown_${i} = 1`)}`,
  "keys with a typing mistake": (config) => `${config}[options]\n${lines((i) => `retrie${i} = 1`)}`,
  "unknown sections": (config) => `${config}${lines((i) => `[options ${i}]`)}`,
  "backends": (config) =>
    `${config.trimEnd()},\n${lines((i) => `10.${i >> 16}.${i >> 8 & 255}.${i & 255}:1,`)}`,
};

function lines(write: (index: number) => string): string {
  return Array.from({ length: LINES }, (_, index) => write(index)).join("\n");
}

for (const [what, makeWrong] of Object.entries(WRONG_FILES)) {
  permittedTest(
    ["net", "read", "write", "run", "env"],
    `a file of ${LINES} ${what} holds up neither sessions nor the admin API`,
    async () => {
      await using backend = new TestBackend(echo);
      const [port = 0, admin = 0] = freePorts(2);
      const options = {
        workers: 1,
        admin: `127.0.0.1:${admin}`,
        health_check: "off",
        drain_timeout: 0,
      };
      const config = testConfig({ port, backends: [backend.name], options });
      await using weir = await ReloadableWeir.start(config);
      let isOver = false;
      const reload = weir.reload(makeWrong(config)).finally(() => isOver = true);
      let answers = 0;
      while (!isOver) {
        const answer = await within(
          "an answer to a probe",
          fetch(`http://127.0.0.1:${admin}/healthz`),
          PATIENCE_MS,
        );
        assertEquals(answer.status, 200);
        await answer.body?.cancel();
        answers++;
      }
      assert(answers > 0);
      assertMatch(await reload, /error[^]*old settings stay in force/);
      using client = await SocketEnd.connect(port);
      await client.ping();
      assertEquals(await weir.stop(), 0);
    },
  );
}
