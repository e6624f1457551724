import { assertEquals, assertRejects } from "@std/assert";
import { bindAdmin } from "../../../../lib/admin/server/bind_admin.ts";
import { permittedTest } from "../../../support/permitted.ts";
import { watchMode } from "./mode_watch.ts";

permittedTest(
  ["net", "read", "write", "sys"],
  "bindAdmin() makes a Unix socket that is nobody else's, not even for a moment",
  async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/weir.sock`;
    const before = Deno.umask(0);
    try {
      const seen = await watchMode(path, async (seenAgain) => {
        for (let index = 0; index < 50; index++) {
          const { socket } = await bindAdmin({ kind: "unix", path });
          await seenAgain();
          socket.close();
        }
      });
      assertEquals(seen, [0o600]);
      // Files created later must not be affected.
      assertEquals(Deno.umask(0), 0);
    } finally {
      Deno.umask(before);
      await Deno.remove(folder, { recursive: true });
    }
  },
);

permittedTest(
  ["net"],
  "bindAdmin() says which port it has got, and rejects a taken one",
  async () => {
    const { socket, address } = await bindAdmin({
      kind: "tcp",
      address: { hostname: "127.0.0.1", port: 0 },
    });
    try {
      const { port } = socket.addr as Deno.NetAddr;
      assertEquals(address, { kind: "tcp", address: { hostname: "127.0.0.1", port } });
      await assertRejects(() => bindAdmin(address), Deno.errors.AddrInUse);
    } finally {
      socket.close();
    }
  },
);
