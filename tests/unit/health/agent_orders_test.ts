import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  formatOrders,
  NO_ORDERS,
  obey,
  strictestMode,
  weightOfPercent,
} from "../../../lib/health/agent_orders.ts";
import { parseAgentReply } from "../../../lib/health/agent_reply.ts";

/** The orders after these replies. */
function after(...replies: readonly string[]) {
  return replies.map(parseAgentReply).reduce(obey, NO_ORDERS);
}

Deno.test("obey() keeps what a reply does not mention", () => {
  const orders = after("50%", "drain maxconn:9", "down # x", "banana", "");
  assertEquals(formatOrders(orders), "down: x, drain, 50%, maxconn:9");
  assertEquals(formatOrders(obey(orders, parseAgentReply("up ready"))), "50%, maxconn:9");
});

Deno.test("obey() lets an agent take back everything but a limit, which 0 removes", () => {
  assertEquals(after("75% drain down", "up ready 100%"), NO_ORDERS);
  assertEquals(after("maxconn:5", "maxconn:0").maxConnections, 0);
});

Deno.test("formatOrders() says nothing where nothing was ordered", () => {
  assertEquals(formatOrders(NO_ORDERS), "");
  assertEquals(formatOrders(after("maint")), "maint");
});

Deno.test("strictestMode() lets neither side take back what the other has ordered", () => {
  const modes = ["ready", "drain", "maintenance"] as const;
  assertEquals(
    modes.map((wanted) => modes.map((ordered) => strictestMode(wanted, ordered))),
    [
      ["ready", "drain", "maintenance"],
      ["drain", "drain", "maintenance"],
      ["maintenance", "maintenance", "maintenance"],
    ],
  );
});

Deno.test("weightOfPercent() takes a share, at most 256, and 0 only of 0", () => {
  const cases = [[1, 50, 0.5], [4, 75, 3], [2, 200, 4], [200, 500, 256], [3, 0, 0], [0, 100, 0]];
  for (const [weight = 0, percent = 0, expected] of cases) {
    assertEquals(weightOfPercent(weight, percent), expected);
  }
  const weights = fc.integer({ min: 1, max: 25_600 });
  fc.assert(fc.property(weights, fc.integer({ min: 1, max: 999_999 }), (hundredths, percent) => {
    const weight = weightOfPercent(hundredths / 100, percent);
    // One unit of the shared state or more, so that the backend keeps a chance.
    assert(Math.round(weight * 100) >= 1 && weight <= 256);
  }));
});
