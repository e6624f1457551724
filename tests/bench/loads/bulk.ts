import type { Load } from "./load.ts";
import { timedLoad } from "./timed_load.ts";

const PARALLEL = 4;
const MAX_PIECES = 4_096;
const NOTE = `pieces of 16 MiB, one after another; ${PARALLEL} connections`;

/** Bulk data from the backend to the client. */
export const download: Load = timedLoad({
  name: "download",
  title: "Bulk, backend to client",
  unit: "GiB",
  note: NOTE,
  order: ({ source }, _stage, durationMs) => {
    const limits = { parallel: PARALLEL, durationMs, maxUnits: MAX_PIECES };
    return { kind: "download", endpoint: source, ...limits };
  },
});

/** Bulk data from the client to the backend. */
export const upload: Load = timedLoad({
  name: "upload",
  title: "Bulk, client to backend",
  unit: "GiB",
  note: NOTE,
  order: ({ sink }, _stage, durationMs) => {
    const limits = { parallel: PARALLEL, durationMs, maxUnits: MAX_PIECES };
    return { kind: "upload", endpoint: sink, ...limits };
  },
});
