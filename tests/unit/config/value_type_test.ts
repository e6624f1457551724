import { assert, assertEquals } from "@std/assert";
import {
  byteSize,
  choice,
  count,
  duration,
  freeText,
  listWords,
  orWord,
  percent,
  rate,
  toggle,
  type ValueType,
} from "../../../lib/config/value_type.ts";

/** The value, or the problem as it is reported. */
function read<T>(type: ValueType<T>, text: string): T | string {
  const parsed = type.parse(text);
  return parsed.ok ? parsed.value : parsed.problem;
}

Deno.test("duration() states its range, and what 0 means", () => {
  const type = duration({ min: 0, max: 60_000, zero: "never" });
  assertEquals(read(type, "1m"), 60_000);
  assertEquals(read(type, "61"), "is out of range: expected 0s to 1m (0 = never)");
  assertEquals(
    read(type, "soon"),
    'is not a duration: expected 0s to 1m (0 = never), such as "500ms", "5s" or "10m"',
  );
});

Deno.test("byteSize() takes both ends of its range, and nothing beyond", () => {
  const type = byteSize({ min: 512, max: 1024 });
  assertEquals(read(type, "512"), 512);
  assertEquals(read(type, "1k"), 1024);
  assertEquals(read(type, "511"), "is out of range: expected 512 to 1k");
  assertEquals(read(type, "1025"), "is out of range: expected 512 to 1k");
});

Deno.test("count() takes whole numbers in decimal digits only", () => {
  const type = count({ min: 0, max: 100 });
  assertEquals(read(type, "100"), 100);
  for (const text of ["1.5", "-1", "+1", "1e1", "0x1", ""]) {
    assertEquals(read(type, text), "is not a whole number: expected 0 to 100");
  }
});

Deno.test("numbers that are far too large are out of range, not unreadable", () => {
  const digits = "9".repeat(400);
  const range = { min: 0, max: 100 };
  for (
    const [type, text] of [
      [count(range), digits],
      [duration(range), `${digits}d`],
      [byteSize(range), `${digits}g`],
      [rate(range), `${digits}/s`],
      [percent(range), `${digits}%`],
    ] as const
  ) {
    assert(String(read(type, text)).startsWith("is out of range: expected 0"), text);
  }
});

Deno.test("orWord() adds a word that stands for itself", () => {
  const type = orWord(count({ min: 1, max: 64 }), "auto");
  assertEquals(read(type, "auto"), "auto");
  assertEquals(read(type, "64"), 64);
  assertEquals(read(type, "65"), "is out of range: expected 1 to 64");
  assertEquals(read(type, "all"), "is not a whole number: expected auto, or 1 to 64");
});

Deno.test("choice() suggests a word that is close, or else lists them all", () => {
  const type = choice(["fast", "slow"]);
  assertEquals(read(type, "fast"), "fast");
  assertEquals(read(type, "Slow"), 'is unknown; did you mean "slow"?');
  assertEquals(read(type, "medium"), 'is unknown: expected "fast" or "slow"');
});

Deno.test("toggle() takes 1 and 0", () => {
  assertEquals([read(toggle(), "1"), read(toggle(), "0")], [true, false]);
  assertEquals(read(toggle(), "on"), "is not a switch: expected 1 (on) or 0 (off)");
  assertEquals([toggle().format(true), toggle().format(false)], ["1", "0"]);
});

Deno.test("freeText() takes anything", () => {
  assertEquals(read(freeText("a path"), "/a b"), "/a b");
});

Deno.test("listWords() joins words for a sentence", () => {
  assertEquals([[], ["a"], ["a", "b"], ["a", "b", "c"]].map((words) => listWords(words, "or")), [
    "",
    "a",
    "a or b",
    "a, b or c",
  ]);
});

Deno.test("rate() reads events in a second or a minute", () => {
  const type = rate({ min: 0, max: 1000, zero: "no limit" });
  assertEquals(type.parse("100/s"), { ok: true, value: 100 });
  assertEquals(type.parse("100"), { ok: true, value: 100 });
  assertEquals(type.parse("30/m"), { ok: true, value: 0.5 });
  assertEquals(type.parse("fast").ok, false);
  assertEquals(
    ["100/s", "30/m", "0"].map((text) => {
      const parsed = type.parse(text);
      return parsed.ok ? type.format(parsed.value) : "";
    }),
    ["100/s", "30/m", "0"],
  );
});

Deno.test("percent() reads a share with or without its sign", () => {
  const type = percent({ min: 0, max: 100 });
  assertEquals(type.parse("50%"), { ok: true, value: 50 });
  assertEquals(type.parse("7"), { ok: true, value: 7 });
  assertEquals(type.parse("101%"), {
    ok: false,
    problem: "is out of range: expected 0% to 100%",
  });
});
