/** What an agent orders about its backend is obeyed, and silence changes nothing. */
import { assert, assertEquals } from "@std/assert";
import { BackendCell } from "../../../lib/state/counters.ts";
import { MODE } from "../../../lib/state/codes.ts";
import { sayAndClose } from "../../support/conducts.ts";
import { freePort } from "../../support/free_ports.ts";
import { eventually } from "../../support/patience.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import type { EngineCase } from "./engine_case.ts";

/** The agents have the same port on two hosts. */
const HOSTS = ["127.0.0.1", "127.0.0.2"] as const;

/** A backend with an agent that says what a test wants. */
class BackendWithAgent implements AsyncDisposable {
  readonly backend: TestBackend;
  readonly #agent: TestBackend;
  /** What the agent says; nothing at all if empty. */
  words = "up";

  constructor(hostname: string, agentPort: number) {
    this.backend = new TestBackend(sayAndClose(hostname), { hostname });
    this.#agent = new TestBackend((end) => end.send(this.words), { hostname, port: agentPort });
  }

  /** How often the agent was asked. */
  get asked(): number {
    return this.#agent.accepted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent[Symbol.asyncDispose]();
    await this.backend[Symbol.asyncDispose]();
  }
}

/** How many of `count` sessions each backend gets. */
async function shares(weir: RunningWeir, count: number): Promise<number[]> {
  const answers: string[] = [];
  for (let session = 0; session < count; session++) {
    using client = await SocketEnd.connect(weir.port);
    answers.push(await client.readAllText());
  }
  return HOSTS.map((host) => answers.filter((answer) => answer === host).length);
}

/** What the shared state says about the second backend. */
function cell({ supervisor }: RunningWeir, column: number): number {
  const [row = -1] = supervisor.generation.pools[0]?.backendRows.slice(1) ?? [];
  return supervisor.state.backendCell(row, column);
}

/** Waits until a cell of the second backend has a value. */
function cellIs(weir: RunningWeir, column: number, value: number): Promise<void> {
  return eventually(`cell ${column} is ${value}`, () => cell(weir, column) === value);
}

export const AGENT_CASES: readonly EngineCase[] = [
  {
    name: "obeys a backend's agent: weight, mode, health and limit, until agent_check is removed",
    async run(engine) {
      const agentPort = freePort();
      await using one = new BackendWithAgent(HOSTS[0], agentPort);
      await using other = new BackendWithAgent(HOSTS[1], agentPort);
      other.words = "up 50%\n";
      await using weir = await RunningWeir.start(engine, {
        backends: [one.backend.name, other.backend.name],
        options: { agent_check: agentPort, health_interval: "50ms", max_fails: 0 },
      });
      await cellIs(weir, BackendCell.weight, 50);
      assertEquals(await shares(weir, 30), [20, 10]);

      other.words = "drain\n";
      await cellIs(weir, BackendCell.mode, MODE.drain);
      assertEquals(await shares(weir, 10), [10, 0]);
      assert(/is set to drain by its agent: drain, 50%/.test(weir.log), weir.log);

      // Neither silence nor words without a meaning change that.
      for (const words of ["", "nonsense\n"]) {
        other.words = words;
        const { asked } = other;
        await eventually("the agent was asked again", () => other.asked > asked + 2);
        assertEquals(cell(weir, BackendCell.mode), MODE.drain);
      }
      const lines = weir.log.split("\n").filter((line) => /whose answer is of no use/.test(line));
      assertEquals(lines.length, 1);
      assertEquals(await shares(weir, 10), [10, 0]);

      other.words = "ready 100%\n";
      await cellIs(weir, BackendCell.weight, 100);
      await cellIs(weir, BackendCell.mode, MODE.ready);
      assertEquals(await shares(weir, 10), [5, 5]);

      other.words = "down # disk full, maxconn:1\n";
      await cellIs(weir, BackendCell.agentDown, 1);
      assertEquals(await shares(weir, 10), [10, 0]);
      assert(/is down: its agent says down: disk full/.test(weir.log), weir.log);
      other.words = "maxconn:1\n";
      await cellIs(weir, BackendCell.agentLimit, 2);
      // It has not said that it is up.
      assertEquals(cell(weir, BackendCell.agentDown), 1);

      const { settings } = weir.supervisor;
      const pools = settings.pools.map((pool) => ({ ...pool, agentPort: 0 }));
      assertEquals(await weir.supervisor.reload({ ...settings, pools }), []);
      assertEquals(cell(weir, BackendCell.agentDown), 0);
      assertEquals(cell(weir, BackendCell.agentLimit), 0);
      assertEquals(await shares(weir, 10), [5, 5]);
      await weir.finish();
    },
  },
  {
    name: "holds the limit that an agent has set, over two workers",
    async run(engine) {
      const agentPort = freePort();
      await using one = new BackendWithAgent(HOSTS[0], agentPort);
      await using other = new TestBackend((end) => end.readAll().then(() => {}), {
        hostname: HOSTS[1],
      });
      await using agent = new TestBackend((end) => end.send("maxconn:2\n"), {
        hostname: HOSTS[1],
        port: agentPort,
      });
      await using weir = await RunningWeir.start(engine, {
        backends: [`${one.backend.name} backup`, `${other.name} max_connections=5`],
        options: { agent_check: agentPort, health_interval: "50ms" },
      });
      await cellIs(weir, BackendCell.agentLimit, 3);
      assert(agent.accepted > 0);
      const held: SocketEnd[] = [];
      for (let session = 0; session < 6; session++) held.push(await SocketEnd.connect(weir.port));
      // Two are with the backend, and the others with the backup.
      await eventually("all have a backend", () => one.backend.accepted + other.accepted === 6);
      assertEquals([other.accepted, cell(weir, BackendCell.active)], [2, 2]);
      for (const client of held) client.close();
      await weir.finish();
    },
  },
];
