import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type AgentReply, parseAgentReply } from "../../../lib/health/agent_reply.ts";

const DOWN = { health: { isDown: true, reason: "down" } };

const VECTORS: readonly (readonly [text: string, reply: AgentReply])[] = [
  ["", {}],
  [" \t, ", {}],
  ["up", { health: { isDown: false, reason: "up" } }],
  ["down", DOWN],
  ["fail", { health: { isDown: true, reason: "fail" } }],
  ["failed", { health: { isDown: true, reason: "failed" } }],
  ["STOPPED", { health: { isDown: true, reason: "stopped" } }],
  ["ready", { mode: "ready" }],
  ["drain", { mode: "drain" }],
  ["Maint", { mode: "maintenance" }],
  ["75%", { weightPercent: 75 }],
  ["0%", { weightPercent: 0 }],
  ["200%", { weightPercent: 200 }],
  ["maxconn:30", { maxConnections: 30 }],
  ["MAXCONN:0", { maxConnections: 0 }],
  ["up\n", { health: { isDown: false, reason: "up" } }],
  ["75%\r\ndrain\r\n", { weightPercent: 75 }],
  ["\ndown", {}],
  [
    "up, ready\t75%,maxconn:30",
    {
      health: { isDown: false, reason: "up" },
      mode: "ready",
      weightPercent: 75,
      maxConnections: 30,
    },
  ],
  // Of several words of a kind the last one counts.
  ["up down 10% 20% drain ready", { ...DOWN, weightPercent: 20, mode: "ready" }],
  ["down # disk full", { health: { isDown: true, reason: "down: disk full" } }],
  ["fail #a # b, up", { health: { isDown: true, reason: "fail: a # b, up" } }],
  ["drain # by Ann", { mode: "drain" }],
  ["#down", {}],
  ["down#x", { unknown: "down#x" }],
  ["down # \x1b[2J", { health: { isDown: true, reason: "down: \\x1b[2J" } }],
  ["50% banana apple", { weightPercent: 50, unknown: "banana" }],
  ["75", { unknown: "75" }],
  ["-5%", { unknown: "-5%" }],
  ["7.5%", { unknown: "7.5%" }],
  ["1000000%", { unknown: "1000000%" }],
  ["maxconn:", { unknown: "maxconn:" }],
  ["maxconn: 30", { unknown: "maxconn:" }],
  ["maxconn:1000001", { unknown: "maxconn:1000001" }],
  ["\x07", { unknown: "\\x07" }],
  ["HTTP/1.1 400 Bad Request", { unknown: "HTTP/1.1" }],
];

for (const [text, reply] of VECTORS) {
  Deno.test(`parseAgentReply() reads ${JSON.stringify(text)}`, () => {
    assertEquals(parseAgentReply(text), reply);
  });
}

Deno.test("parseAgentReply() never throws, and keeps its numbers in range and its texts short", () => {
  const word = fc.oneof(
    fc.constantFrom("up", "down", "drain", "ready", "maint", "#", ",", "\t", "\n", "%", "maxconn:"),
    fc.integer().map(String),
    fc.integer().map((value) => `${value}%`),
    fc.integer().map((value) => `maxconn:${value}`),
    fc.string({ unit: "binary" }),
  );
  fc.assert(fc.property(fc.array(word), fc.constantFrom(" ", ",", ""), (words, separator) => {
    const reply = parseAgentReply(words.join(separator));
    const { health, weightPercent = 0, maxConnections = 0, unknown = "" } = reply;
    assert(Number.isInteger(weightPercent) && weightPercent >= 0 && weightPercent < 1e6);
    assert(Number.isInteger(maxConnections) && maxConnections >= 0 && maxConnections <= 1e6);
    // An escaped character is up to six long.
    assert((health?.reason.length ?? 0) <= 620 && unknown.length <= 600);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x1f\x7f]/.test(`${health?.reason}${unknown}`));
  }));
});

Deno.test("parseAgentReply() reads the same words in any order, case and separation", () => {
  const words = ["drain", "75%", "maxconn:30", "down"];
  const separator = fc.stringMatching(/^[ \t,]{1,3}$/);
  fc.assert(
    fc.property(
      fc.shuffledSubarray(words, { minLength: 4 }),
      separator,
      fc.boolean(),
      (shuffled, between, isUpper) => {
        const text = shuffled.join(between);
        assertEquals(parseAgentReply(isUpper ? text.toUpperCase() : text), {
          ...DOWN,
          mode: "drain",
          weightPercent: 75,
          maxConnections: 30,
        });
      },
    ),
  );
});
