import { assertEquals, assertLess, assertRejects } from "@std/assert";
import fc from "fast-check";
import { readEvents } from "../../../../lib/admin/dashboard/page/event_stream.js";

interface Read {
  readonly type: string;
  readonly data: string;
}

async function read(chunks: readonly string[], signal = new AbortController().signal) {
  const encoder = new TextEncoder();
  const stream = ReadableStream.from(chunks.map((chunk) => encoder.encode(chunk)));
  const events: Read[] = [];
  for await (const event of readEvents(stream, signal)) events.push(event);
  return events;
}

Deno.test("readEvents() reads types and data, and leaves comments and ids out", async () => {
  const text = ': hello\n\nevent: status\nid: 3\ndata: {"a":1}\n\ndata: x\ndata:  y\n\n';
  assertEquals(await read([text]), [
    { type: "status", data: '{"a":1}' },
    { type: "message", data: "x\n y" },
  ]);
});

Deno.test("readEvents() forgets an event that was not finished", async () => {
  assertEquals(await read(["data: whole\n\ndata: half\n"]), [{ type: "message", data: "whole" }]);
});

Deno.test("readEvents() reads the same, however the bytes were cut and lines end", async () => {
  const text = "event: a\ndata: één\n\n: note\ndata: two\ndata: lines\n\nevent: b\ndata: {}\n\n";
  const expected = await read([text]);
  assertEquals(expected.length, 3);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("\n", "\r\n"),
      fc.array(fc.nat(text.length), { maxLength: 8 }),
      async (lineEnd, cuts) => {
        const bytes = text.replaceAll("\n", lineEnd);
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.slice(places[index], end));
        assertEquals(await read(chunks), expected);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("readEvents() gives up on an event that does not end", async () => {
  const blanks = new TextEncoder().encode(" ".repeat(1024 * 1024));
  let sent = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      sent++;
      controller.enqueue(blanks);
    },
  });
  const reading = readEvents(endless, new AbortController().signal).next();
  await assertRejects(() => reading, RangeError, "An event does not end");
  assertLess(sent, 100);
});

Deno.test("readEvents() ends when it is told to, even if nothing more comes", async () => {
  let isCancelled = false;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
    cancel: () => {
      isCancelled = true;
    },
  });
  const end = new AbortController();
  const seen: string[] = [];
  for await (const { data } of readEvents(endless, end.signal)) {
    seen.push(data);
    end.abort();
  }
  assertEquals([seen, isCancelled], [["1"], true]);
});
