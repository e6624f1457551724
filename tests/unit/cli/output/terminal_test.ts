import { assertEquals, assertThrows } from "@std/assert";
import { writeAll } from "../../../../lib/cli/output/terminal.ts";

/** What a stream does when it is written to: take this many bytes, or refuse. */
type Conduct = number | Error;

/** Writes a text to a stream that behaves so, and returns what the stream took. */
function written(text: string, conducts: readonly Conduct[]): string {
  const bytes: number[] = [];
  const left = [...conducts];
  writeAll({
    writeSync(given): number {
      const conduct = left.shift() ?? given.length;
      if (conduct instanceof Error) throw conduct;
      bytes.push(...given.subarray(0, conduct));
      return Math.min(conduct, given.length);
    },
  }, text);
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

Deno.test("writeAll() goes on until all is written", () => {
  assertEquals(written("größer", [1, 2, 1]), "größer");
});

Deno.test("writeAll() waits for the reader of a pipe that is full", () => {
  const full = () => new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)");
  assertEquals(written("abcdef", [full(), 2, full(), full(), 3]), "abcdef");
});

Deno.test("writeAll() stops without a failure where nobody reads any more", () => {
  assertEquals(written("abcdef", [2, new Deno.errors.BrokenPipe("Broken pipe")]), "ab");
});

Deno.test("writeAll() passes on every other failure", () => {
  const full = new Error("No space left on device (os error 28)");
  assertThrows(() => written("abcdef", [2, full]), Error, "No space left");
});
