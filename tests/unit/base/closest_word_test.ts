import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { closestWord } from "../../../lib/base/closest_word.ts";

const WORDS = ["round_robin", "weighted_round_robin", "random", "least_connections", "p2c"];

Deno.test("closestWord() finds a word with a letter missing, wrong, added or swapped", () => {
  assertEquals(closestWord("randm", WORDS), "random");
  assertEquals(closestWord("rendom", WORDS), "random");
  assertEquals(closestWord("randoom", WORDS), "random");
  assertEquals(closestWord("rnadom", WORDS), "random");
});

Deno.test("closestWord() counts a swap of neighbours as one mistake", () => {
  assertEquals(closestWord("p2c", ["pc2"]), "pc2");
  assertEquals(closestWord("abc", ["bca"]), undefined);
});

Deno.test("closestWord() ignores case, hyphens, underscores and spaces", () => {
  assertEquals(closestWord("Round-Robin", WORDS), "round_robin");
  assertEquals(closestWord("leastConnections", WORDS), "least_connections");
});

Deno.test("closestWord() finds the only word that begins so", () => {
  assertEquals(closestWord("leastconn", WORDS), "least_connections");
  assertEquals(closestWord("con", ["connect_timeout", "connections"]), undefined);
});

Deno.test("closestWord() gives nothing where no word is close", () => {
  assertEquals(closestWord("ip_hash", WORDS), undefined);
  assertEquals(closestWord("", WORDS), undefined);
  assertEquals(closestWord("random", []), undefined);
});

Deno.test("closestWord() prefers the word with fewer mistakes, then the first", () => {
  assertEquals(closestWord("backuq", ["backus1", "backup"]), "backup");
  assertEquals(closestWord("24005", ["24003", "24004"]), "24003");
});

Deno.test("closestWord() finds a word with as many mistakes as a third of its letters", () => {
  const edit = fc.record({ at: fc.nat(), kind: fc.constantFrom("cut", "add", "put", "swap") });
  const part = fc.record({ text: fc.stringMatching(/^[a-z]{3,6}$/), edit: fc.option(edit) });
  // One mistake at most in each part: those that overlap may count for more than they are.
  fc.assert(fc.property(fc.array(part, { minLength: 3, maxLength: 3 }), (parts) => {
    const typed = parts.map(({ text, edit }) => {
      if (edit === null) return text;
      const i = edit.at % (text.length - 1);
      const [head, pair, tail] = [text.slice(0, i), text.slice(i, i + 2), text.slice(i + 2)];
      const [a = "", b = ""] = pair;
      return head + { cut: b, add: `x${pair}`, put: `x${b}`, swap: b + a }[edit.kind] + tail;
    }).join("");
    const word = parts.map(({ text }) => text).join("");
    assertEquals(closestWord(typed, [word]), word);
  }));
});

Deno.test("closestWord() compares no words of more than a hundred characters", () => {
  const [long, longer] = ["a".repeat(100), "a".repeat(101)];
  assertEquals(closestWord(long, [longer, long]), long);
  assertEquals(closestWord(longer, [longer, long]), undefined);
});

Deno.test("closestWord() finds every word that is written right", () => {
  fc.assert(fc.property(fc.stringMatching(/^[a-z0-9]{1,20}$/), (word) => {
    assertEquals(closestWord(word, ["", word]), word);
  }));
});
