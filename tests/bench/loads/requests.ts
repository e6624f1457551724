import { timedLoad } from "./timed_load.ts";

const PARALLEL = 32;

/** Small requests on connections that stay open. */
export const requests = timedLoad({
  name: "requests",
  title: "Small requests on kept connections",
  unit: "request",
  note: `64 bytes each way, one after another; ${PARALLEL} connections`,
  order: ({ echo }, _stage, durationMs) => {
    return { kind: "requests", endpoint: echo, parallel: PARALLEL, durationMs, maxUnits: 10e6 };
  },
});
