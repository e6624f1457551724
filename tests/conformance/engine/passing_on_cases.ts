/** The truth table of `.github/docs/endings.md`: what one side sees of how the other side, or Weir, ends. */
import { assertEquals } from "@std/assert";
import { Reception } from "../../support/conducts.ts";
import { eventually, within } from "../../support/patience.ts";
import { ResettableBackend, ResettableEnd } from "../../support/resettable_end.ts";
import { RunningWeir, type WeirUnderTest } from "../../support/running_weir.ts";
import { SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import type { EngineCase } from "./engine_case.ts";

const WORDS = new TextEncoder().encode("a request or an answer");

/** What a side does before it resets its connection. */
const MOMENTS = {
  "before a byte": async () => {},
  "after some bytes": async (breaking: ResettableEnd) => {
    await breaking.send(WORDS);
  },
  "after its own half-close": async (breaking: ResettableEnd, other: ResettableEnd) => {
    await breaking.finish();
    await other.ended;
  },
} as const;

const RESETS = (["client", "backend"] as const).flatMap((side) =>
  Object.entries(MOMENTS).map(([moment, reach]): EngineCase => ({
    name: `passes on that the ${side} resets ${moment}, where it can`,
    async run(engine) {
      const arrived = Promise.withResolvers<ResettableEnd>();
      const over = Promise.withResolvers<void>();
      await using backend = await ResettableBackend.open((end) => {
        arrived.resolve(end);
        return over.promise;
      });
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      const client = await ResettableEnd.connect(weir.port);
      const served = await within("the backend's connection", arrived.promise);
      await eventually("the backend is connected", () => weir.books.sessions === 1);
      const [breaking, other] = side === "client" ? [client, served] : [served, client];
      await within("the moment", reach(breaking, other));
      await breaking.reset();
      if (moment !== "after its own half-close") {
        const ending = await within("the other side's end", other.ended);
        assertEquals(ending, engine.name === "native" ? "reset" : "end");
      }
      assertEquals(other.received(), moment === "after some bytes" ? WORDS : new Uint8Array());
      // With nothing to read or to write, `streams` does not learn of it before the other side ends.
      if (engine.name === "streams" && moment === "after its own half-close") await other.close();
      await weir.records(1);
      await other.close();
      over.resolve();
      await weir.finish();
    },
  }))
);

/** How Weir ends sessions of its own accord. */
const CUTS: Readonly<
  Record<string, { options: WeirUnderTest["options"]; cut?(weir: RunningWeir): Promise<unknown> }>
> = {
  "idle_timeout": { options: { idle_timeout: "300ms" } },
  "session_timeout": { options: { session_timeout: "300ms" } },
  "an operator": {
    options: {},
    async cut({ supervisor }) {
      const rows = supervisor.generation.pools.flatMap(({ backendRows }) => backendRows);
      await Promise.all(
        Array.from(supervisor.workers, (worker) => worker.cut("operator", { backendRows: rows })),
      );
    },
  },
  "a drain": { options: { drain_timeout: "100ms" }, cut: (weir) => weir.drain() },
};

const CUT_CASES = Object.entries(CUTS).map(([what, { options, cut }]): EngineCase => ({
  name: `lets neither side of a session that is cut take it for complete, where it can: ${what}`,
  async run(engine) {
    const reception = new Reception();
    await using backend = new TestBackend(reception.conduct);
    await using weir = await RunningWeir.start(engine, {
      backends: [backend.name],
      ...(options === undefined ? {} : { options }),
    });
    using client = await SocketEnd.connect(weir.port);
    const served = await within("the backend's connection", reception.next());
    await client.send("to the backend");
    await served.send("to the client");
    assertEquals(await within("the words", client.readText(13)), "to the client");
    assertEquals(await within("the words", served.readText(14)), "to the backend");
    const cutting = cut?.(weir);
    const endings = await within(
      "both ends",
      Promise.all([client.readAll(), served.readAll()]),
    );
    await cutting;
    const ending = engine.name === "native" ? "reset" : "end";
    assertEquals(endings.map(({ length, ending }) => [length, ending]), [[0, ending], [0, ending]]);
    await weir.records(1);
    await weir.drain();
  },
}));

export const PASSING_ON_CASES: readonly EngineCase[] = [...RESETS, ...CUT_CASES];
