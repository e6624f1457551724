import { assertEquals, assertRejects } from "@std/assert";
import { parseSettings } from "../../../../lib/config/load_settings.ts";
import type { BackendSettings } from "../../../../lib/config/settings.ts";
import { dial } from "../../../../lib/engine/streams/connect.ts";
import { freePort } from "../../../support/free_ports.ts";
import { permittedTest } from "../../../support/permitted.ts";

/** A backend with addresses as if its name had been resolved to them. */
function backendAt(port: number, candidates: readonly string[]): BackendSettings {
  const text = `[mappings]\n2000 = 127.0.0.1:${port}\n`;
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  const backend = settings?.pools[0]?.backends[0];
  if (backend === undefined) throw new Error("the settings are wrong");
  return { ...backend, candidates };
}

/** Lets connections to `::1` fail as they do on a host without IPv6, while `fn` runs. */
async function withoutIpv6(fn: () => Promise<void>): Promise<void> {
  const { connect } = Deno;
  const fail = () =>
    Promise.reject(Object.assign(new Error("No such address"), { code: "EADDRNOTAVAIL" }));
  const partial = (options: Deno.ConnectOptions) =>
    options.hostname === "::1" ? fail() : connect(options);
  Object.defineProperty(Deno, "connect", { value: partial, configurable: true, writable: true });
  try {
    await fn();
  } finally {
    Object.defineProperty(Deno, "connect", { value: connect, configurable: true, writable: true });
  }
}

for (const candidates of [["127.0.0.1", "::1"], ["::1", "127.0.0.1"]]) {
  const order = candidates.join(" and ");
  permittedTest(["net"], `dial() tells of the backend's own refusal, at ${order}`, async () => {
    const { signal } = new AbortController();
    await withoutIpv6(async () => {
      await assertRejects(
        () => dial(backendAt(freePort(), candidates), signal),
        Deno.errors.ConnectionRefused,
      );
    });
  });

  permittedTest(["net"], `dial() finds the address that answers, of ${order}`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const { signal } = new AbortController();
    await withoutIpv6(async () => {
      using conn = await dial(backendAt(port, candidates), signal);
      using accepted = await listener.accept();
      assertEquals(conn.remoteAddr.hostname, "127.0.0.1");
      assertEquals(accepted.remoteAddr.port, conn.localAddr.port);
    });
  });
}
