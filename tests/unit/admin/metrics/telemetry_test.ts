import { assertEquals } from "@std/assert";
import {
  BACKEND_FAMILIES,
  LISTENER_FAMILIES,
  POOL_FAMILIES,
  WEIR_FAMILIES,
  WORKER_FAMILIES,
} from "../../../../lib/admin/metrics/metric_families.ts";
import { startTelemetry } from "../../../../lib/admin/metrics/telemetry.ts";
import { eventually } from "../../../support/patience.ts";
import { permittedTest } from "../../../support/permitted.ts";

Deno.test("startTelemetry() does nothing where OpenTelemetry is off", () => {
  const stop = startTelemetry({
    status: () => {
      throw new Error("Nobody wanted to know");
    },
  });
  stop();
});

permittedTest(["net", "run", "read"], "startTelemetry() exports every metric", async () => {
  let received = "";
  // Acts as a collector: names are plain text within the messages.
  const collector = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      if (request.url.endsWith("/v1/metrics")) {
        received += new TextDecoder("latin1").decode(await request.bytes());
      } else {
        await request.bytes();
      }
      return new Response(null, { status: 200 });
    },
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-all",
      new URL("telemetry_program.ts", import.meta.url).pathname,
    ],
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
      OTEL_METRIC_EXPORT_INTERVAL: "200",
    },
    stdin: "piped",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  try {
    await eventually("there are metrics", () => received.includes("weir_worker_info"));
  } finally {
    await child.stdin.close();
    assertEquals((await child.status).code, 0);
    await collector.shutdown();
  }
  const names = [
    ...WEIR_FAMILIES,
    ...LISTENER_FAMILIES,
    ...POOL_FAMILIES,
    ...BACKEND_FAMILIES,
    ...WORKER_FAMILIES,
  ]
    .flatMap(({ kind, name }) => kind === "histogram" ? [`${name}_sum`, `${name}_count`] : [name]);
  assertEquals(names.filter((name) => !received.includes(name)), []);
});
