import { assertEquals } from "@std/assert";
import type { PoolSettings } from "../../../lib/config/settings.ts";
import { AgentChecker, MOST_ASKED_AT_ONCE } from "../../../lib/health/agent_checker.ts";
import { formatOrders } from "../../../lib/health/agent_orders.ts";
import { parseAgentReply } from "../../../lib/health/agent_reply.ts";
import type { AgentAnswer } from "../../../lib/health/ask_agent.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { ManualScheduler } from "./manual_scheduler.ts";
import { backendsOf, poolOf, watch } from "./watched.ts";

const REFUSED: AgentAnswer = { ok: false, problem: "connection refused" };

/** A checker whose agents and clock are set by the test. */
class Rig {
  readonly scheduler = new ManualScheduler();
  /** What was heard, as `row: orders` or `row! problem`. */
  readonly heard: string[] = [];
  /** How often each backend's agent was asked. */
  readonly asked = new Map<string, number>();
  /** What agents say, by the backend's name; `hang` never answers. */
  readonly words = new Map<string, string>();
  readonly paused = new Set<number>();
  running = 0;
  mostRunning = 0;
  readonly checker = new AgentChecker({
    scheduler: this.scheduler,
    random: () => 0,
    isPaused: (row) => this.paused.has(row),
    ask: async ({ backend: { name } }, signal) => {
      this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
      const word = this.words.get(name);
      if (word !== "hang") return word === undefined ? REFUSED : answerOf(word);
      this.mostRunning = Math.max(this.mostRunning, ++this.running);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      this.running--;
      return REFUSED;
    },
    listener: {
      ordersChanged: ({ row }, _before, after) => this.heard.push(`${row}: ${formatOrders(after)}`),
      problemChanged: ({ row }, problem) => this.heard.push(`${row}! ${problem ?? "none"}`),
    },
  });

  update(...settings: PoolSettings[]): void {
    const state = SharedState.create(1);
    let row = 0;
    this.checker.update(settings.map((each, index) => {
      const pool = watch(state, each, row, index);
      row += pool.backendRows.length;
      return pool;
    }));
  }

  /** What was heard since the last call. */
  news(): string[] {
    return this.heard.splice(0);
  }
}

function answerOf(text: string): AgentAnswer {
  return { ok: true, reply: parseAgentReply(text) };
}

const AGENT = ["agent_check = 9000", "health_interval = 2s", "health_timeout = 1s"];
const ONE = poolOf("127.0.0.1:1", ...AGENT);

Deno.test("AgentChecker asks at health_interval, and tells changes only", async () => {
  const rig = new Rig();
  rig.words.set("127.0.0.1:1", "50%");
  rig.update(ONE);
  await rig.scheduler.advance(10);
  assertEquals(rig.news(), ["0: 50%"]);
  await rig.scheduler.advance(10_000);
  assertEquals([rig.news(), rig.asked.get("127.0.0.1:1")], [[], 6]);
  rig.words.set("127.0.0.1:1", "drain");
  await rig.scheduler.advance(2_000);
  assertEquals(rig.news(), ["0: drain, 50%"]);
  await rig.checker.stop();
  assertEquals(rig.scheduler.waiting, 0);
});

Deno.test("AgentChecker changes nothing for a refusal, and tells it once", async () => {
  const rig = new Rig();
  rig.words.set("127.0.0.1:1", "drain");
  rig.update(ONE);
  await rig.scheduler.advance(10);
  rig.words.delete("127.0.0.1:1");
  await rig.scheduler.advance(20_000);
  assertEquals(rig.news(), ["0: drain", "0! connection refused"]);
  rig.words.set("127.0.0.1:1", "drain");
  await rig.scheduler.advance(2_000);
  assertEquals(rig.news(), ["0! none"]);
  await rig.checker.stop();
});

Deno.test("AgentChecker obeys the words that it knows, and tells one that it does not know", async () => {
  const rig = new Rig();
  rig.words.set("127.0.0.1:1", "50% banana");
  rig.update(ONE);
  await rig.scheduler.advance(10_000);
  assertEquals(rig.news(), ['0! it says "banana", which means nothing', "0: 50%"]);
  await rig.checker.stop();
});

Deno.test("AgentChecker ends a question after health_timeout", async () => {
  const rig = new Rig();
  rig.words.set("127.0.0.1:1", "hang");
  rig.update(ONE);
  await rig.scheduler.advance(10);
  assertEquals(rig.running, 1);
  await rig.scheduler.advance(1_000);
  assertEquals([rig.running, rig.news()], [0, ["0! connection refused"]]);
  await rig.checker.stop();
});

Deno.test("AgentChecker asks so many at once, and the others afterwards", async () => {
  const rig = new Rig();
  const count = MOST_ASKED_AT_ONCE + 10;
  for (let port = 1; port <= count; port++) rig.words.set(`127.0.0.1:${port}`, "hang");
  rig.update(poolOf(backendsOf(count), ...AGENT.slice(0, 1), "health_interval = 50ms"));
  await rig.scheduler.advance(100);
  assertEquals(rig.running, MOST_ASKED_AT_ONCE);
  await rig.scheduler.advance(2_000);
  assertEquals([rig.asked.size, rig.mostRunning], [count, MOST_ASKED_AT_ONCE]);
  await rig.checker.stop();
  assertEquals(rig.running, 0);
});

Deno.test("AgentChecker asks nobody in maintenance, and keeps what was said before", async () => {
  const rig = new Rig();
  rig.words.set("127.0.0.1:1", "drain");
  rig.update(ONE);
  await rig.scheduler.advance(10);
  rig.paused.add(0);
  await rig.scheduler.advance(10_000);
  assertEquals([rig.news(), rig.asked.get("127.0.0.1:1")], [["0: drain"], 1]);
  rig.paused.delete(0);
  await rig.scheduler.advance(2_000);
  assertEquals([rig.news(), rig.asked.get("127.0.0.1:1")], [[], 2]);
  await rig.checker.stop();
});

Deno.test("AgentChecker ends the orders when a reload removes agent_check, or moves it", async () => {
  const rig = new Rig();
  rig.words.set("127.0.0.1:1", "drain");
  rig.update(ONE);
  await rig.scheduler.advance(10);
  rig.update(poolOf("127.0.0.1:1", ...AGENT, "retries = 1"));
  assertEquals(rig.news(), ["0: drain"]);
  rig.update(poolOf("127.0.0.1:1", "agent_check = 9001"));
  assertEquals(rig.news(), ["0: "]);
  await rig.scheduler.advance(10);
  assertEquals(rig.news(), ["0: drain"]);
  rig.update(poolOf("127.0.0.1:1"));
  assertEquals(rig.news(), ["0: "]);
  assertEquals(rig.scheduler.waiting, 0);
});

Deno.test("AgentChecker forgets an agent whose backend is gone, and the answer on its way", async () => {
  const rig = new Rig();
  rig.words.set("127.0.0.1:1", "hang");
  rig.words.set("127.0.0.1:2", "50%");
  rig.update(ONE);
  await rig.scheduler.advance(10);
  rig.update(poolOf("127.0.0.1:2", ...AGENT));
  await rig.scheduler.advance(10);
  assertEquals([rig.news(), rig.running], [["0: 50%"], 0]);
  await rig.checker.stop();
});
