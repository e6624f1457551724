import { assertEquals } from "@std/assert";
import { Discovery } from "../../../lib/discovery/discovery.ts";
import { Operator } from "../../../lib/supervisor/operator.ts";
import { Reloader } from "../../../lib/supervisor/reloader.ts";
import { freePort } from "../../support/free_ports.ts";
import { nativeTest } from "../../support/native_test.ts";
import { eventually } from "../../support/patience.ts";
import { FakeNames } from "../discovery/discovery_rig.ts";
import { settingsOf, TroubledWeir } from "./troubled_weir.ts";

const NEEDS = ["net", "read", "write", "ffi"] as const;

/** A shutdown that the test does not expect. */
function unexpected(): never {
  throw new Error("Nobody has asked for that");
}

nativeTest(NEEDS, "Operator.status() is not ready while no worker runs", async () => {
  const settings = settingsOf(
    "[options]\nworkers = 1\nengine = streams\nhealth_check = off\n" +
      `[mappings]\n127.0.0.1:${freePort()} = 127.0.0.1:${freePort()}\n`,
  );
  await using weir = await TroubledWeir.start(settings);
  const { supervisor, accessLog, events } = weir;
  const discovery = new Discovery({ resolver: new FakeNames(), onChange: unexpected });
  const reloader = new Reloader({
    ...{ supervisor, accessLog, events, discovery, filed: settings },
    load: () => Promise.resolve({ settings, diagnostics: [] }),
    started: Promise.resolve(),
    onReload: unexpected,
    onReloaded: unexpected,
  });
  const operator = new Operator({
    ...{ supervisor, reloader, events, accessLog, discovery, version: "1.2.3" },
    shutdown: unexpected,
  });
  function readiness() {
    const { ready, notReadyReasons, listeners } = operator.status();
    return { ready, notReadyReasons, listeners: listeners.map((listener) => listener.ready) };
  }
  assertEquals(readiness(), { ready: true, notReadyReasons: [], listeners: [true] });

  // It cannot be started again until the refusals are used up.
  weir.refuseWorkers(1);
  await weir.kill(weir.slots[0] as number);
  assertEquals(readiness(), {
    ready: false,
    notReadyReasons: ["no worker of engine streams is running"],
    listeners: [true],
  });
  await eventually("a worker runs again", () => readiness().ready);

  operator.announceStop();
  assertEquals(readiness(), {
    ready: false,
    notReadyReasons: ["Weir is shutting down"],
    listeners: [true],
  });
});
