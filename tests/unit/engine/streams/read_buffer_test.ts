import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { BufferShelves, ReadBuffer } from "../../../../lib/engine/streams/read_buffer.ts";

/** Reads this many bytes each time, and returns the lengths of the buffers that were offered. */
function offered(buffer: ReadBuffer, lengths: readonly number[]): number[] {
  return lengths.map((length) => {
    const size = buffer.next().length;
    buffer.filled(length);
    return size;
  });
}

Deno.test("ReadBuffer.next() offers the buffer of its own while reads do not fill it", () => {
  const buffer = new ReadBuffer(new BufferShelves(1024));
  assertEquals(offered(buffer, [1024, 1024, 1024, 1, 1024, 1024]), Array(6).fill(1024));
});

Deno.test("ReadBuffer.next() offers a larger one after four full reads, until one is small", () => {
  const buffer = new ReadBuffer(new BufferShelves(1024));
  assertEquals(
    offered(buffer, [1024, 1024, 1024, 1024, 8192, 5000, 1000, 1024, 1024]),
    [1024, 1024, 1024, 1024, 8192, 8192, 8192, 1024, 1024],
  );
});

Deno.test("ReadBuffer.next() never offers more than 256 KiB, unless buffer_size is more", () => {
  const sizes = [16 * 1024, 64 * 1024, 1024 * 1024].map((size) =>
    offered(new ReadBuffer(new BufferShelves(size)), Array(5).fill(size)).at(-1)
  );
  assertEquals(sizes, [128 * 1024, 256 * 1024, 1024 * 1024]);
});

Deno.test("ReadBuffer.release() gives back what was taken and what was borrowed", () => {
  const shelves = new BufferShelves(1024);
  const first = new ReadBuffer(shelves);
  const own = first.next();
  offered(first, [1024, 1024, 1024, 1024]);
  const borrowed = first.next();
  first.release();
  assertStrictEquals(shelves.small.take(), own);
  assertStrictEquals(shelves.bulk.take(), borrowed);
  assertNotStrictEquals(shelves.small.take(), own);
});
