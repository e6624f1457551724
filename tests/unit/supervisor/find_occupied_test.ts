import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { ListenerSettings } from "../../../lib/config/settings.ts";
import { findOccupied } from "../../../lib/supervisor/find_occupied.ts";
import { permittedTest } from "../../support/permitted.ts";

function listenersAt(...ports: number[]): readonly ListenerSettings[] {
  const mappings = ports.map((port) => `127.0.0.1:${port} = 127.0.0.1:1\n`).join("");
  const environment = { cores: 1, privileged: true };
  const { settings } = parseSettings(`[mappings]\n${mappings}`, "test.cfg", environment);
  assert(settings !== undefined);
  return settings.listeners;
}

permittedTest(["net"], "findOccupied() names what others have, even if they share it", () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0, reusePort: true });
  const { port } = other.addr;
  const [problem, ...rest] = findOccupied(listenersAt(port), []);
  assertEquals([problem?.listener, rest], [`127.0.0.1:${port}`, []]);
  assertStringIncludes(problem?.message ?? "", "Address already in use");
});

if (Deno.build.os === "linux") {
  permittedTest(
    ["net"],
    "findOccupied() says that an outgoing connection may have a port",
    async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const connecting = Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
      using _accepted = await listener.accept();
      using outgoing = await connecting;
      const { port } = outgoing.localAddr;
      const [problem] = findOccupied(listenersAt(port), []);
      assertStringIncludes(problem?.message ?? "", "Address already in use");
      assertEquals(problem?.message.includes("outgoing"), port >= 32_768 && port <= 60_999);
    },
  );
}

permittedTest(["net"], "findOccupied() leaves free addresses free", () => {
  const holder = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = holder.addr;
  holder.close();
  assertEquals(findOccupied(listenersAt(port), []), []);
  Deno.listen({ hostname: "127.0.0.1", port }).close();
});

permittedTest(["net"], "findOccupied() does not look at ports that are ours already", () => {
  using ours = Deno.listen({ hostname: "127.0.0.1", port: 0, reusePort: true });
  const listeners = listenersAt(ours.addr.port);
  assertEquals(findOccupied(listeners, listeners), []);
});
