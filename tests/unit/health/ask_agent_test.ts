import { assertEquals, assertMatch } from "@std/assert";
import { type AgentAnswer, askAgent } from "../../../lib/health/ask_agent.ts";
import { freePort } from "../../support/free_ports.ts";
import { within } from "../../support/patience.ts";
import { permittedTest } from "../../support/permitted.ts";
import { type Conduct, TestBackend } from "../../support/test_backend.ts";
import { poolOf } from "./watched.ts";

/** Asks an agent at a port. */
function ask(port: number, signal: AbortSignal, options: readonly string[] = []) {
  const pool = poolOf("127.0.0.1:1", `agent_check = ${port}`, ...options);
  const [backend] = pool.backends;
  if (backend === undefined) throw new Error("The pool has no backend");
  return within("the agent", askAgent({ pool, backend }, signal));
}

/** Asks an agent that does this with its connection. */
async function askOne(conduct: Conduct): Promise<AgentAnswer> {
  await using agent = new TestBackend(conduct);
  return await ask(agent.port, new AbortController().signal);
}

/** What was wrong with the answer. */
function problemOf(answer: AgentAnswer): string {
  return answer.ok ? JSON.stringify(answer.reply) : answer.problem;
}

permittedTest(
  ["net"],
  "askAgent() reads a line in pieces, and waits for nothing after it",
  async () => {
    const answer = await askOne(async (end, _index, closing) => {
      for (const piece of ["5", "0%", ", dr", "ain\n", "up\n"]) await end.send(piece);
      await closing;
    });
    assertEquals(answer, { ok: true, reply: { weightPercent: 50, mode: "drain" } });
  },
);

permittedTest(
  ["net"],
  "askAgent() takes the end of the connection for the end of the line",
  async () => {
    assertEquals(await askOne((end) => end.send("75%")), {
      ok: true,
      reply: { weightPercent: 75 },
    });
  },
);

permittedTest(["net"], "askAgent() reads a description in UTF-8", async () => {
  const reason = "down: Überlast";
  assertEquals(await askOne((end) => end.send("down # Überlast\n")), {
    ok: true,
    reply: { health: { isDown: true, reason } },
  });
});

permittedTest(["net"], "askAgent() sends nothing, not even a PROXY header", async () => {
  const received = Promise.withResolvers<number>();
  await using agent = new TestBackend(async (end) => {
    await end.send("up\n");
    received.resolve((await end.readAll()).length);
  });
  const answer = await ask(agent.port, new AbortController().signal, ["proxy_protocol = v1"]);
  assertEquals(answer.ok, true);
  assertEquals(await within("the end", received.promise), 0);
});

permittedTest(["net"], "askAgent() says what is wrong with an answer", async () => {
  assertEquals(problemOf(await askOne(() => Promise.resolve())), "it says nothing");
  assertEquals(problemOf(await askOne((end) => end.send("\r\n"))), "it says nothing");
  assertEquals(
    problemOf(await askOne((end) => end.send("SSH-2.0-\x1b\r\n"))),
    'it says "SSH-2.0-\\x1b", which means nothing',
  );
  assertEquals(
    problemOf(await askOne((end) => end.send("up ".repeat(10_000)))),
    "its line is longer than 1024 bytes",
  );
  assertEquals(await askOne((end) => end.send("up banana\n")), {
    ok: true,
    reply: { health: { isDown: false, reason: "up" }, unknown: "banana" },
  });
});

permittedTest(
  ["net"],
  "askAgent() says when nobody listens, and when nothing comes in time",
  async () => {
    assertMatch(problemOf(await ask(freePort(), new AbortController().signal)), /refused/);
    await using silent = new TestBackend((_end, _index, closing) => closing);
    const controller = new AbortController();
    const asked = ask(silent.port, controller.signal);
    controller.abort();
    assertMatch(problemOf(await asked), /no answer within 1s/);
  },
);
