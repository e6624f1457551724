import { assert, assertEquals } from "@std/assert";
import { EventStreams, MOST_STREAMS } from "../../../../lib/admin/api/event_streams.ts";
import { StatusWatch } from "../../../../lib/admin/metrics/status_watch.ts";
import type { Outlet } from "../../../../lib/admin/server/reply.ts";
import { eventually, within } from "../../../support/patience.ts";
import { permittedTest } from "../../../support/permitted.ts";
import { problemOf, RunningAdmin } from "../running_admin.ts";
import { faultInAnswer } from "./schema_check.ts";

function apiTest(name: string, fn: () => Promise<void>): void {
  permittedTest(["net", "read", "write", "sys", "ffi"], name, fn);
}

interface Message {
  readonly event: string;
  readonly id?: string;
  // deno-lint-ignore no-explicit-any
  readonly data: any;
}

/** Subscribes to events as a browser does. Use it with `await using`. */
class Ear implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(response: Response) {
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    const { body } = response;
    assert(body !== null);
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next message; `undefined` if the stream has ended. */
  async next(): Promise<Message | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const fields = this.#text.slice(0, end).split("\n");
        this.#text = this.#text.slice(end + 2);
        const entries = fields.map((line) => /^(\w+): (.*)$/.exec(line)?.slice(1) ?? []);
        const { data, ...rest } = Object.fromEntries(entries);
        return { ...rest, data: JSON.parse(data) };
      }
      const { done, value } = await within("an event", this.#reader.read());
      if (done) return undefined;
      this.#text += value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }
}

/** A client that reads nothing. */
class UnreadOutlet implements Outlet {
  backlog = 0;
  hasEnded = false;

  write(bytes: Uint8Array): void {
    this.backlog += bytes.length;
  }

  end(): void {
    this.hasEnded = true;
  }
}

apiTest("GET /api/v1/events sends the status at once, and again every second", async () => {
  await using weir = await RunningAdmin.start();
  await using ear = new Ear(await weir.ask("/api/v1/events?kinds=status"));
  const first = await ear.next();
  const second = await ear.next();
  assertEquals([first?.event, first?.id, second?.event], ["status", undefined, "status"]);
  assertEquals(faultInAnswer("GET", "/api/v1/status", second?.data), undefined);
  assert(second?.data.atMs > first?.data.atMs);
});

apiTest("GET /api/v1/events sends what happens, and what somebody has missed", async () => {
  await using weir = await RunningAdmin.start({ backends: "127.0.0.1:9" });
  const { events } = weir.control;
  const happened = () => weir.control.setWeight(`${weir.port}/127.0.0.1:9`, 3);
  happened();
  happened();
  {
    await using ear = new Ear(await weir.ask("/api/v1/events?kinds=event"));
    for (const expected of events.events) {
      assertEquals(await ear.next(), {
        event: "event",
        id: String(expected.id),
        data: { ...expected },
      });
    }
    happened();
    assertEquals((await ear.next())?.id, String(events.events.at(-1)?.id));
  }
  const last = events.events.at(-1)?.id as number;
  const again = (path: string, id?: number) =>
    weir.ask(path, id === undefined ? {} : { headers: { "last-event-id": String(id) } });
  {
    await using ear = new Ear(await again("/api/v1/events?kinds=event", last - 1));
    assertEquals((await ear.next())?.id, String(last));
  }
  {
    await using ear = new Ear(await again(`/api/v1/events?kinds=event&last_event_id=${last - 1}`));
    assertEquals((await ear.next())?.id, String(last));
  }
  {
    // As after a restart: an id that never existed.
    await using ear = new Ear(await again("/api/v1/events?kinds=event", last + 100));
    assertEquals((await ear.next())?.id, String(events.events[0]?.id));
  }
});

apiTest("GET /api/v1/events refuses what it cannot send", async () => {
  await using weir = await RunningAdmin.start();
  assertEquals(
    await problemOf(await weir.ask("/api/v1/events?kinds=status,news")),
    '400: Parameter "kinds" has "news": expected "status", "event"',
  );
  assertEquals(
    await problemOf(await weir.ask("/api/v1/events", { headers: { "last-event-id": "x" } })),
    '400: Last-Event-ID is "x": expected the id of an event',
  );
});

apiTest("GET /api/v1/events ends when Weir does", async () => {
  const weir = await RunningAdmin.start();
  await using ear = new Ear(await weir.ask("/api/v1/events"));
  await ear.next();
  await weir[Symbol.asyncDispose]();
  for (let message = await ear.next(); message !== undefined; message = await ear.next());
});

apiTest(
  "GET /api/v1/events lets only so many listen, and forgets those who have left",
  async () => {
    await using weir = await RunningAdmin.start();
    const listen = () => weir.ask("/api/v1/events?kinds=event");
    const responses = await Promise.all(Array.from({ length: MOST_STREAMS }, listen));
    try {
      assertEquals(responses.map(({ status }) => status), responses.map(() => 200));
      const refused = await listen();
      assertEquals(refused.headers.get("retry-after"), "5");
      assertEquals(
        await problemOf(refused),
        `503: There are already ${MOST_STREAMS} event streams, the maximum`,
      );
      // A client that reads only the head does not hold its place longer than that.
      await responses.pop()?.body?.cancel();
      await eventually("there is a place", async () => {
        const { status } = await weir.ask("/api/v1/events", { method: "HEAD" });
        return status === 200;
      });
      responses.push(await listen());
      assertEquals(responses.at(-1)?.status, 200);
    } finally {
      await Promise.all(responses.map(({ body }) => body?.cancel()));
    }
  },
);

apiTest(
  "EventStreams ends a stream that nobody reads, and keeps no more than a bound",
  async () => {
    await using weir = await RunningAdmin.start();
    const { events } = weir.control;
    const streams = new EventStreams(weir.control, new StatusWatch(weir.control));
    const outlet = new UnreadOutlet();
    const { signal } = new AbortController();
    const stop = streams.open({ kinds: ["event"], lastEventId: 0, signal }).start(outlet);
    const text = "x".repeat(10_000);
    let sent = 0;
    while (!outlet.hasEnded && sent < 1000) {
      events.add("operator", text);
      sent++;
    }
    assertEquals(sent, Math.ceil(1024 * 1024 / 10_100) + 1);
    const { backlog } = outlet;
    events.add("operator", text);
    assertEquals(outlet.backlog, backlog);
    stop();
  },
);

apiTest("EventStreams notices a client that has gone", async () => {
  await using weir = await RunningAdmin.start();
  const abortion = new AbortController();
  const response = await weir.ask("/api/v1/events", { signal: abortion.signal });
  await response.body?.getReader().read();
  abortion.abort();
  // A client that leaves makes room again: otherwise this many could not connect one after another.
  await eventually("there is room for others again and again", async () => {
    for (let index = 0; index < MOST_STREAMS; index++) {
      const other = await weir.ask("/api/v1/events?kinds=event");
      await other.body?.cancel();
      if (other.status !== 200) return false;
    }
    return true;
  });
});
