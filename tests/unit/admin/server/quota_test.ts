import { assert, assertEquals } from "@std/assert";
import { Quota } from "../../../../lib/admin/server/quota.ts";

Deno.test("Quota.take() hands out its places, and one more for each that is returned", () => {
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
