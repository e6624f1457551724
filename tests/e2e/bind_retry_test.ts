/** A start that waits for addresses that are still in use. */
import { assertEquals } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;

for (const held of ["listener", "admin side"] as const) {
  permittedTest(NEEDS, `bind_retry waits for the address of the ${held}`, async () => {
    await using backend = new TestBackend(echo);
    const [port, admin] = freePorts(2) as [number, number];
    const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
    try {
      const file = `${folder}/weir.cfg`;
      const options = `[options]\nbind_retry = 1m\nadmin = 127.0.0.1:${admin}\n`;
      await Deno.writeTextFile(file, `${options}[mappings]\n127.0.0.1:${port} = ${backend.name}\n`);
      const heldPort = held === "listener" ? port : admin;
      using holder = Deno.listen({ hostname: "127.0.0.1", port: heldPort });
      await using weir = WeirProcess.spawn(["start", file], { readable: [folder] });
      await weir.logged(/in use[^;]*; trying for up to 1m \(bind_retry\)/);
      holder.close();
      await weir.listening();
      {
        using client = await SocketEnd.connect(port);
        await client.ping();
      }
      assertEquals((await weir.stop()).code, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
