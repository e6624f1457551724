import { columnsOf, type CounterTable } from "./counter_definition.ts";

/** Shared integers for each worker. */
export const WORKER_CELLS = {
  heartbeat: {
    kind: "gauge",
    metric: "heartbeat",
    help: "Increases while the worker's loop is running.",
    label: "Heartbeat",
    internal: true,
  },
  closed: {
    kind: "gauge",
    metric: "closed",
    help: "1 once a worker that was told to stop has closed everything it held.",
    label: "Closed",
    internal: true,
  },
  givenUp: {
    kind: "gauge",
    metric: "given_up",
    help: "1 once a worker that hangs has been given up: it must not touch anything from then on.",
    label: "Given up",
    internal: true,
  },
} as const satisfies CounterTable;

/** Each worker's counts about itself. */
export const WORKER_TALLIES = {
  sessions: {
    kind: "counter",
    metric: "sessions_total",
    help: "Sessions started by the worker; they are numbered by it.",
    label: "Sessions",
  },
  acceptErrors: {
    kind: "counter",
    metric: "accept_errors_total",
    help: "Failed attempts to accept a connection, for example for lack of file descriptors.",
    label: "Accept errors",
  },
} as const satisfies CounterTable;

export const WorkerCell = columnsOf(WORKER_CELLS);
export const WorkerTally = columnsOf(WORKER_TALLIES);
