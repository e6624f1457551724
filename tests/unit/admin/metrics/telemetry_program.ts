/** A Weir with OpenTelemetry, for a test to run with `OTEL_DENO=true`; ends when its input does. */
import { startTelemetry } from "../../../../lib/admin/metrics/telemetry.ts";
import { RunningAdmin } from "../running_admin.ts";

// Deno asks every thread before it exports. The native engine's sleep most of the time, and take
// half a minute to answer when idle.
await using weir = await RunningAdmin.start({ options: ["engine = streams"] });
const stop = startTelemetry(weir.control);
await Deno.stdin.read(new Uint8Array(1));
stop();
