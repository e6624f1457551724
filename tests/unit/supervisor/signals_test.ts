import { assertEquals } from "@std/assert";
import { onSignals } from "../../../lib/supervisor/signals.ts";
import { eventually } from "../../support/patience.ts";
import { permittedTest } from "../../support/permitted.ts";

permittedTest(
  ["run"],
  "onSignals() takes a signal within 0.3 s of its like for the same",
  async () => {
    const stops: [name: string, before: number][] = [];
    let nowMs = 0;
    let heard = 0;
    const ignore = onSignals({
      stop: (name, before) => stops.push([name, before]),
      reload: () => {},
      reopen: () => {},
    }, () => nowMs);
    // Added later, it is called after the listener of onSignals(), which has decided by then.
    const hear = (): void => void heard++;
    Deno.addSignalListener("SIGTERM", hear);
    let sent = 0;
    async function send(atMs: number): Promise<void> {
      nowMs = atMs;
      Deno.kill(Deno.pid, "SIGTERM");
      sent++;
      await eventually("the signal is heard", () => heard === sent);
    }
    try {
      await send(0);
      await send(299);
      assertEquals(stops, [["SIGTERM", 0]]);
      await send(300);
      assertEquals(stops, [["SIGTERM", 0], ["SIGTERM", 1]]);
    } finally {
      Deno.removeSignalListener("SIGTERM", hear);
      ignore();
    }
  },
);
