/** Urgent data is not part of the stream: it is not passed on, and does no harm. */
import { assertEquals } from "@std/assert";
import { echo } from "../../support/conducts.ts";
import { nativeObstacle } from "../../support/native_test.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { TestBackend } from "../../support/test_backend.ts";
import { UrgentEnd } from "../../support/urgent_end.ts";
import type { EngineCase } from "./engine_case.ts";

const IGNORES_URGENT: EngineCase = {
  name: "ignores urgent data, and passes on what comes before and after it",
  async run(engine) {
    await using backend = new TestBackend(echo);
    await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
    using client = UrgentEnd.connect(weir.port);
    client.send("before ");
    client.sendUrgently("!");
    client.send("after");
    client.finish();
    assertEquals(await client.readAllText(), "before after");
    const [record] = await weir.finish();
    assertEquals(record?.close_code, "--");
    assertEquals(record?.bytes_in, 12);
  },
};

/** Only the C library can send urgent data. */
export const URGENT_CASES: readonly EngineCase[] = nativeObstacle === undefined
  ? [IGNORES_URGENT]
  : [];
