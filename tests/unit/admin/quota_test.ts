import { assert, assertEquals } from "@std/assert";
import { Quota } from "../../../lib/admin/quota.ts";

Deno.test("Quota.take() gives so many places, and one again for each that is given back", () => {
  let most = 2;
  const quota = new Quota(() => most);
  const first = quota.take();
  assert(first !== undefined && quota.take() !== undefined);
  assertEquals(quota.take(), undefined);
  first();
  first();
  assert(quota.take() !== undefined);
  assertEquals(quota.take(), undefined);
  most = 3;
  assert(quota.take() !== undefined);
  assertEquals(quota.take(), undefined);
});
