/** What an operator sees of a backend's agent, and how both get on with one another. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { TestBackend } from "../support/test_backend.ts";

const NEEDS = ["net", "read", "write", "run", "env", "sys"] as const;

/** What the API says about a backend. */
interface Backend {
  readonly id: string;
  readonly condition: string;
  readonly mode: string;
  readonly weight: number;
  readonly maxConnections: number;
  readonly agent?: string;
}

/** The only backend, as the API has it. */
async function backendOf(admin: number): Promise<Backend> {
  const response = await fetch(`http://127.0.0.1:${admin}/api/v1/status`);
  const { pools: [pool] } = await response.json();
  return pool.backends[0];
}

/** Waits until the API says this about the only backend. */
async function sees(admin: number, expected: Partial<Backend>): Promise<Backend> {
  let backend = await backendOf(admin);
  const wanted = Object.entries(expected);
  await eventually(`a backend is ${JSON.stringify(expected)}`, async () => {
    backend = await backendOf(admin);
    return wanted.every(([key, value]) => backend[key as keyof Backend] === value);
  });
  return backend;
}

async function setMode(admin: number, id: string, mode: string): Promise<void> {
  const url = `http://127.0.0.1:${admin}/api/v1/backends/${encodeURIComponent(id)}/mode`;
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ mode }) });
  assertEquals(response.status, 200, await response.text());
}

permittedTest(NEEDS, "an agent's orders are shown, and combined with an operator's", async () => {
  let words = "75% maxconn:7\n";
  await using backend = new TestBackend(echo);
  const [port, admin, agentPort] = freePorts(3) as [number, number, number];
  const agent = new TestBackend((end) => end.send(words), { port: agentPort });
  const config = (agentCheck: number) =>
    [
      `[options]\nworkers = 1\nadmin = 127.0.0.1:${admin}\nhealth_interval = 50ms`,
      `agent_check = ${agentCheck}`,
      `[mappings]\n127.0.0.1:${port} = ${backend.name}:4 max_connections=100\n`,
    ].join("\n");
  try {
    await using weir = await ReloadableWeir.start(config(agentPort));
    const { id } = await sees(admin, {
      ...{ agent: "75%, maxconn:7", weight: 3, maxConnections: 7 },
      condition: "up",
    });
    const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
    assert(/^weir_backend_max_connections\{[^}]*\} 7$/m.test(metrics), metrics);
    assert(/^weir_backend_agent_down\{[^}]*\} 0$/m.test(metrics), metrics);

    // The operator's drain outlasts the agent's "ready", and the agent's maintenance the operator's.
    await setMode(admin, id, "drain");
    words = "ready 50%\n";
    await sees(admin, { weight: 2, condition: "drain", mode: "drain" });
    words = "maint\n";
    await sees(admin, { condition: "maintenance", mode: "drain" });
    await setMode(admin, id, "ready");
    await sees(admin, { condition: "maintenance", mode: "ready" });

    await agent[Symbol.asyncDispose]();
    await weir.logged(/has an agent \(port \d+\) whose answer is of no use: .*refused/);
    await sees(admin, { agent: "maint, 50%, maxconn:7", condition: "maintenance" });

    assertStringIncludes(await weir.reload(config(0)), "agent_check from");
    const after = await sees(admin, { weight: 4, condition: "up", maxConnections: 100 });
    assertEquals(after.agent, undefined);
    const told = [...weir.log.matchAll(/whose answer is of no use/g)];
    assertEquals(told.length, 1, weir.log);
    assertEquals(await weir.stop(), 0);
  } finally {
    await agent[Symbol.asyncDispose]().catch(() => {});
  }
});

permittedTest(
  NEEDS,
  "an agent that says down closes the sessions where on_down asks for it",
  async () => {
    let words = "up\n";
    await using backend = new TestBackend(echo);
    const [port, admin, agentPort] = freePorts(3) as [number, number, number];
    await using _agent = new TestBackend((end) => end.send(words), { port: agentPort });
    await using weir = await ReloadableWeir.start(
      [
        `[options]\nworkers = 1\nadmin = 127.0.0.1:${admin}\nhealth_interval = 50ms`,
        `agent_check = ${agentPort}\non_down = close`,
        `[mappings]\n127.0.0.1:${port} = ${backend.name}\n`,
      ].join("\n"),
    );
    using client = await Deno.connect({ port });
    await client.write(Uint8Array.of(1));
    const buffer = new Uint8Array(1);
    assertEquals(await client.read(buffer), 1);
    words = "stopped # by Ann\n";
    await sees(admin, { condition: "down", agent: "stopped: by Ann" });
    // On native by a reset.
    assertEquals(await client.read(buffer).catch(() => null), null);
    await weir.logged(/is down: its agent says stopped: by Ann/);
    await weir.logged(/has no backend left that takes sessions/);
    words = "up\n";
    const up = await sees(admin, { condition: "up" });
    assertEquals(up.agent, undefined);
    await weir.logged(/is up: its agent says up/);
    assertEquals(await weir.stop(), 0);
  },
);
