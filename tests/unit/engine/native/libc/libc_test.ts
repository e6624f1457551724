import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ERRNO } from "../../../../../lib/engine/native/libc/errno.ts";
import { LIBC_PATHS, LIBC_SYMBOLS, openLibc } from "../../../../../lib/engine/native/libc/libc.ts";
import { nativeTest } from "../../../../support/native_test.ts";
import { permittedTest } from "../../../../support/permitted.ts";

nativeTest([], "openLibc() gives errno as the last call has left it", () => {
  const libc = openLibc();
  assertEquals(libc.close(-1), -1);
  assertEquals(libc.errno(), ERRNO.EBADF);
  assertEquals(libc.epoll_create1(-1), -1);
  assertEquals(libc.errno(), ERRNO.EINVAL);
});

nativeTest([], "openLibc() opens the library once", () => {
  assert(openLibc() === openLibc());
});

nativeTest([], "openLibc() moves bytes in and out of buffers", () => {
  const libc = openLibc();
  const pair = new Int32Array(2);
  assertEquals(libc.pipe2(pair, 0), 0);
  const [output, input] = [...pair] as [number, number];
  const sent = Uint8Array.of(1, 2, 3, 4);
  assertEquals(libc.write(input, sent, 3), 3);
  const received = new Uint8Array(8);
  assertEquals(libc.read(output, received, received.length), 3);
  assertEquals([...received], [1, 2, 3, 0, 0, 0, 0, 0]);
  assertEquals([libc.close(output), libc.close(input)], [0, 0]);
});

Deno.test("LIBC_SYMBOLS passes nothing that would need a detour or another thread", () => {
  for (const [name, symbol] of Object.entries(LIBC_SYMBOLS)) {
    assert(!("nonblocking" in symbol), name);
    for (const type of symbol.parameters) {
      assert(["i32", "u32", "buffer", "pointer"].includes(type), `${name}: ${type}`);
    }
  }
});

permittedTest(["read"], "the tasks of deno.json allow the C library and no other", async () => {
  const text = await Deno.readTextFile(new URL("../../../../../deno.json", import.meta.url));
  const { tasks } = JSON.parse(text) as { tasks: Record<string, { command: string }> };
  for (const task of ["start", "demo", "compile"]) {
    const command = tasks[task]?.command ?? "";
    assertStringIncludes(command, "--allow-ffi=");
    const allowed = (/--allow-ffi=(\S+)/.exec(command)?.[1] ?? "").split(",");
    assertEquals(allowed.sort(), [...LIBC_PATHS].sort(), task);
  }
});
