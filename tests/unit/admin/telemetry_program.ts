/** A Weir with OpenTelemetry, for a test to run with `OTEL_DENO=true`; ends when its input does. */
import { startTelemetry } from "../../../lib/admin/telemetry.ts";
import { RunningAdmin } from "./running_admin.ts";

await using weir = await RunningAdmin.start();
const stop = startTelemetry(weir.control);
await Deno.stdin.read(new Uint8Array(1));
stop();
