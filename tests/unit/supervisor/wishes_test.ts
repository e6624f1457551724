import { assertEquals } from "@std/assert";
import type { BackendSettings } from "../../../lib/config/settings.ts";
import { type AgentOrders, NO_ORDERS, obey } from "../../../lib/health/agent_orders.ts";
import { parseAgentReply } from "../../../lib/health/agent_reply.ts";
import { MODE } from "../../../lib/state/codes.ts";
import { BackendCell } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { Wishes } from "../../../lib/supervisor/wishes.ts";

const ROW = 3;

function backendOf(weight: number, mode: BackendSettings["mode"] = "ready"): BackendSettings {
  return {
    id: "127.0.0.1:1",
    name: "127.0.0.1:1",
    kind: "address",
    address: { hostname: "127.0.0.1", port: 1 },
    candidates: ["127.0.0.1"],
    weight,
    backup: false,
    maxConnections: 0,
    mode,
  };
}

function ordersOf(text: string): AgentOrders {
  return obey(NO_ORDERS, parseAgentReply(text));
}

/** Wishes with one backend as the file has it, and what the shared state says about it. */
function rig(backend: BackendSettings) {
  const state = SharedState.create(1);
  const wishes = new Wishes(state);
  wishes.file(ROW, backend);
  const { weight, mode, agentDown, agentLimit } = BackendCell;
  return {
    state,
    wishes,
    /** Weight in hundredths, mode, whether the agent says down, and its limit plus 1. */
    cells: () => [weight, mode, agentDown, agentLimit].map((cell) => state.backendCell(ROW, cell)),
  };
}

Deno.test("Wishes.heed() scales the weight of the file or an operator, and a reload keeps that", () => {
  const { state, wishes, cells } = rig(backendOf(4));
  const { epoch } = state;
  wishes.heed(ROW, ordersOf("50%"));
  assertEquals(cells()[0], 200);
  assertEquals(state.epoch, epoch + 1);
  wishes.wish(ROW, { weight: 10 });
  assertEquals([cells()[0], wishes.weightOf(ROW)], [500, 5]);
  assertEquals(wishes.wishOf(ROW).weight, 10);
  wishes.file(ROW, backendOf(2));
  assertEquals(cells()[0], 100);
  wishes.heed(ROW, ordersOf("0%"));
  assertEquals(cells()[0], 0);
  wishes.heed(ROW, NO_ORDERS);
  assertEquals(cells()[0], 200);
});

Deno.test("Wishes.heed() cannot take back what an operator has ordered, nor an operator the agent's", () => {
  const { wishes, cells } = rig(backendOf(1));
  wishes.wish(ROW, { mode: "drain" });
  wishes.heed(ROW, ordersOf("ready"));
  assertEquals(cells()[1], MODE.drain);
  wishes.heed(ROW, ordersOf("maint"));
  assertEquals([cells()[1], wishes.modeOf(ROW)], [MODE.maintenance, "maintenance"]);
  wishes.wish(ROW, { mode: "ready" });
  assertEquals([cells()[1], wishes.wishOf(ROW).mode], [MODE.maintenance, "ready"]);
  wishes.heed(ROW, ordersOf("ready"));
  assertEquals(cells()[1], MODE.ready);
});

Deno.test("Wishes.heed() writes health and limit, and takes them back", () => {
  const { wishes, cells } = rig(backendOf(1));
  wishes.heed(ROW, ordersOf("down maxconn:30"));
  assertEquals(cells(), [100, MODE.ready, 1, 31]);
  wishes.heed(ROW, ordersOf("maxconn:0"));
  assertEquals(cells(), [100, MODE.ready, 0, 1]);
  wishes.heed(ROW, NO_ORDERS);
  assertEquals(cells(), [100, MODE.ready, 0, 0]);
  assertEquals(wishes.ordersOf(ROW), undefined);
});

Deno.test("Wishes.forget() leaves nothing of an agent's orders to a backend that comes back", () => {
  const { wishes, cells } = rig(backendOf(1));
  wishes.heed(ROW, ordersOf("down drain 50% maxconn:30"));
  wishes.forget(ROW);
  wishes.file(ROW, backendOf(1));
  assertEquals(cells(), [100, MODE.ready, 0, 0]);
});
