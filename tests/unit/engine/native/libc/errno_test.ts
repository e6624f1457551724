import { assertEquals } from "@std/assert";
import {
  ERRNO,
  errnoName,
  isLocalFault,
  LibcError,
} from "../../../../../lib/engine/native/libc/errno.ts";

Deno.test("LibcError says which call failed, in words and by name", () => {
  const error = new LibcError("connect", ERRNO.ECONNREFUSED);
  assertEquals(error.message, "connect: Connection refused (ECONNREFUSED)");
  assertEquals([error.code, error.errno, error.syscall], ["ECONNREFUSED", 111, "connect"]);
});

Deno.test("LibcError names a number that it does not know", () => {
  assertEquals(new LibcError("recv", 999).message, "recv: Failed (errno 999)");
});

Deno.test("errnoName() returns the names that the system itself uses", () => {
  for (const [name, value] of Object.entries(ERRNO)) assertEquals(errnoName(value), name);
});

Deno.test("isLocalFault() tells this machine's want from the other side's refusal", () => {
  assertEquals(isLocalFault(ERRNO.EMFILE), true);
  assertEquals(isLocalFault(ERRNO.EADDRNOTAVAIL), true);
  assertEquals(isLocalFault(ERRNO.ECONNREFUSED), false);
  assertEquals(isLocalFault(ERRNO.ETIMEDOUT), false);
});
