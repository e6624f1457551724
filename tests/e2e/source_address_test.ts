/** Connections to backends come from the addresses that source_address names. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ENGINES_UNDER_TEST, type EngineUnderTest } from "../support/engines_under_test.ts";
import { freePort } from "../support/free_ports.ts";
import { nativeTest } from "../support/native_test.ts";
import { permittedTest } from "../support/permitted.ts";
import { RunningWeir } from "../support/running_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;
const NATIVE = ENGINES_UNDER_TEST.find(({ name }) => name === "native") as EngineUnderTest;
/** From TEST-NET-1: no machine has it. */
const FOREIGN = "192.0.2.1";

/** A backend that says where a connection comes from. */
function mirror(hostname: string): TestBackend {
  return new TestBackend((end) => end.send(end.remoteHostname), { hostname });
}

/** What this many clients hear, one after another. */
async function ask(port: number, times: number): Promise<string[]> {
  const answers: string[] = [];
  for (let client = 0; client < times; client++) {
    using end = await SocketEnd.connect(port);
    answers.push(await end.readAllText());
  }
  return answers;
}

nativeTest(
  ["net", "read", "env"],
  "native connects from source_address, each of a family in turn",
  async () => {
    await using v4 = mirror("127.0.0.1");
    await using v6 = mirror("::1");
    await using weir = await RunningWeir.start(NATIVE, {
      backends: [v4.name, v6.name],
      options: {
        workers: 1,
        algorithm: "round_robin",
        source_address: "127.0.0.2, ::1, 127.0.0.3",
      },
    });
    assertEquals(await ask(weir.port, 6), [
      "127.0.0.2",
      "::1",
      "127.0.0.3",
      "::1",
      "127.0.0.2",
      "::1",
    ]);
    await weir.finish();
  },
);

nativeTest(
  ["net", "read", "env"],
  "native passes over a source_address that this machine does not have",
  async () => {
    await using backend = mirror("127.0.0.1");
    await using weir = await RunningWeir.start(NATIVE, {
      backends: [backend.name],
      options: { workers: 1, source_address: `${FOREIGN}, 127.0.0.2` },
    });
    assertEquals(await ask(weir.port, 3), ["127.0.0.2", "127.0.0.2", "127.0.0.2"]);
    await weir.finish();
  },
);

nativeTest(
  ["net", "read", "env"],
  "native says so where this machine has no source_address, and blames no backend",
  async () => {
    await using backend = mirror("127.0.0.1");
    await using weir = await RunningWeir.start(NATIVE, {
      backends: [backend.name],
      options: { source_address: FOREIGN, max_fails: 1 },
    });
    assertEquals(await ask(weir.port, 3), ["", "", ""]);
    assertMatch(
      weir.log,
      /bind to source_address 192\.0\.2\.1: Cannot assign the requested address/,
    );
    const { connectFailures, portsExhausted } = weir.books;
    assertEquals([connectFailures, portsExhausted, backend.accepted], [0, 0, 0]);
    for (const { close_code } of await weir.finish()) assertEquals(close_code, "RC");
  },
);

permittedTest(NEEDS, "source_address is refused with engine = streams", async () => {
  const options = { workers: 1, source_address: "127.0.0.2", engine: "streams" };
  const text = testConfig({ port: freePort(), backends: ["127.0.0.1:1"], options });
  const folder = await Deno.makeTempDir();
  const file = `${folder}/weir.cfg`;
  await Deno.writeTextFile(file, text);
  const { code, stderr } = await WeirProcess.run(["check", file], { task: "check" });
  await Deno.remove(folder, { recursive: true });
  assertEquals(code, 2);
  assertMatch(stderr, /weir\.cfg:3:18: error: source_address cannot be used by listener/);
});

permittedTest(
  NEEDS,
  "check refuses a source_address of another family, and warns of a foreign one",
  async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/weir.cfg`;
    const check = async (source: string) => {
      const options = { workers: 1, source_address: source };
      const backends = ["127.0.0.1:1", "[::1]:1"];
      await Deno.writeTextFile(file, testConfig({ port: freePort(), backends, options }));
      const { code, stderr } = await WeirProcess.run(["check", file], { task: "check" });
      return `${code} ${stderr}`;
    };
    assertMatch(
      await check("127.0.0.2"),
      /^2 .*weir\.cfg:3:18: error: source_address has no IPv6 address, as backend "\[::1\]:1" of /,
    );
    assertMatch(await check("::1"), /^2 .*has no IPv4 address, as backend "127\.0\.0\.1:1" of /);
    assertEquals(await check("127.0.0.2, ::1"), "0 ");
    const foreign = await check(`${FOREIGN}, ::1`);
    assert(foreign.startsWith("0 "), foreign);
    assertMatch(
      foreign,
      /warning: source_address has "192\.0\.2\.1", which is not an address of this/,
    );
    await Deno.remove(folder, { recursive: true });
  },
);
