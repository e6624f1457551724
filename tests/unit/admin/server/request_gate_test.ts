import { assert, assertEquals } from "@std/assert";
import { RequestGate } from "../../../../lib/admin/server/request_gate.ts";
import { eventually, within } from "../../../support/patience.ts";

function request(target: string, method = "GET"): Uint8Array {
  return new TextEncoder().encode(`${method} ${target} HTTP/1.1\r\nhost: weir\r\n\r\n`);
}

/** Brings so many requests for `/metrics`, and notes the order in which they are let in. */
function bring(gate: RequestGate, count: number): number[] {
  const passed: number[] = [];
  for (let index = 0; index < count; index++) {
    const pass = gate.pass({}, request("/metrics"));
    if (pass === undefined) passed.push(index);
    else void pass.then(() => passed.push(index));
  }
  return passed;
}

Deno.test("RequestGate lets a few requests in at once, and the others in their order", async () => {
  const passed = bring(new RequestGate(), 50);
  assert(passed.length >= 1 && passed.length < 50, `${passed.length} at once`);
  await eventually("all are let in", () => passed.length === 50);
  assertEquals(passed, Array.from({ length: 50 }, (_, index) => index));
});

Deno.test("RequestGate never lets a probe wait", async () => {
  const gate = new RequestGate();
  const passed = bring(gate, 100);
  const others = passed.length;
  for (const target of ["/healthz", "/readyz", "/readyz/pools", "/readyz?listener=80"]) {
    assertEquals(gate.pass({}, request(target)), undefined);
    assertEquals(gate.pass({}, request(target, "HEAD")), undefined);
  }
  assert(gate.pass({}, request("/healthzz")) instanceof Promise);
  assert(gate.pass({}, request("/readyz", "POST")) instanceof Promise);
  assertEquals(passed.length, others);
  await eventually("all are let in", () => passed.length === 100);
});

Deno.test("RequestGate.leave() lets nobody wait any longer", async () => {
  const gate = new RequestGate();
  const passed = bring(gate, 50);
  const who = {};
  const pass = gate.pass(who, request("/metrics"));
  gate.leave(who);
  await within("the end of the wait", Promise.resolve(pass));
  assert(passed.length < 50);
  gate.leave(who);
  await eventually("all are let in", () => passed.length === 50);
});
