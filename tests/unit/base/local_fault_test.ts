import { assertEquals } from "@std/assert";
import { isLocalFault, isOutOfDescriptors } from "../../../lib/base/local_fault.ts";

Deno.test("isLocalFault() tells what this machine lacks from what a backend does", () => {
  const withCode = (code: string) => Object.assign(new Error("failed"), { code });
  assertEquals(["EMFILE", "ENFILE", "EADDRNOTAVAIL"].map(withCode).map(isLocalFault), [
    true,
    true,
    true,
  ]);
  assertEquals(isLocalFault(withCode("ECONNREFUSED")), false);
  assertEquals([isLocalFault(new Error("no code")), isLocalFault("EMFILE")], [false, false]);
});

Deno.test("isOutOfDescriptors() knows the limits of the process and of the machine", () => {
  const withCode = (code: string) => Object.assign(new Error("failed"), { code });
  const codes = ["EMFILE", "ENFILE", "EADDRNOTAVAIL", "ECONNREFUSED"];
  assertEquals(codes.map(withCode).map(isOutOfDescriptors), [true, true, false, false]);
});
