import { assertEquals } from "@std/assert";
import { freePort, freePorts } from "../../support/free_ports.ts";
import { permittedTest } from "../../support/permitted.ts";

const PROCESSES = 6;
const PORTS = 30;
const MODULE = new URL("../../support/free_ports.ts", import.meta.url);
/** Prints ports, and keeps them until its input ends. */
const PROGRAM = `
import { freePorts } from "${MODULE.href}";
console.log(JSON.stringify(freePorts(${PORTS})));
await Deno.stdin.read(new Uint8Array(1));
`;

permittedTest(["net", "run", "read"], "freePorts() gives no port to two processes", async () => {
  const children = Array.from({ length: PROCESSES }, () =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", "--ext=ts", PROGRAM],
      stdin: "piped",
      stdout: "piped",
    }).spawn());
  const ports = freePorts(PORTS);
  for (const child of children) {
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    ports.push(...JSON.parse(new TextDecoder().decode(value)));
    await reader.cancel();
  }
  for (const child of children) {
    await child.stdin.close();
    assertEquals((await child.status).code, 0);
  }
  assertEquals(new Set(ports).size, (PROCESSES + 1) * PORTS);
});

permittedTest(["net"], "freePort() passes over ports that somebody listens at", () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: freePort() });
  const next = Array.from({ length: 1_000 }, freePort);
  assertEquals(next.includes(taken.addr.port), false);
});
