import { ALGORITHM_NAMES, BACKEND_MODE_NAMES } from "../../config/settings.ts";
import { PHASES } from "../../log/close_reason.ts";
import { type CounterDefinition } from "../../state/counter_definition.ts";
import {
  BACKEND_CELLS,
  BACKEND_READINGS,
  BACKEND_TALLIES,
  LISTENER_CELLS,
  LISTENER_TALLIES,
  POOL_CELLS,
  POOL_TALLIES,
} from "../../state/counters.ts";
import { WORKER_CELLS, WORKER_TALLIES } from "../../state/worker_counters.ts";
import {
  CONNECT_TIME,
  type HistogramDefinition,
  SESSION_DURATION,
} from "../../state/histograms.ts";
import { LISTENER_SERIES, POOL_SERIES } from "../metrics/history.ts";
import { arrayOf, type JsonSchema, objectOf, refTo } from "./json_schema.ts";

const TEXT: JsonSchema = { type: "string" };
const FLAG: JsonSchema = { type: "boolean" };
const NUMBER: JsonSchema = { type: "number" };
const COUNT: JsonSchema = { type: "integer", minimum: 0 };
const TIME: JsonSchema = { type: "number", description: "Milliseconds since 1970." };
const NUMBER_OR_NULL: JsonSchema = { type: ["number", "null"] };
const POOL_OF_LISTENER: JsonSchema = {
  type: "string",
  description: "The name of the pool that its sessions take their backends from.",
};
const LEAVING: JsonSchema = {
  type: "boolean",
  description: "Whether it has been removed and is finishing its remaining sessions.",
};

/** What the API speaks of, by the names that its description gives it. */
export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Problem: {
    type: "object",
    description: "What is wrong with a request (RFC 9457).",
    properties: {
      type: TEXT,
      title: TEXT,
      status: { type: "integer" },
      detail: { type: "string", description: "What was found, and what is allowed." },
    },
    required: ["type", "title", "status", "detail"],
  },
  Rates: objectOf({
    sessionsPerSecond: NUMBER,
    bytesInPerSecond: NUMBER,
    bytesOutPerSecond: NUMBER,
    errorsPerSecond: NUMBER,
    connectTimeP50Ms: NUMBER_OR_NULL,
    connectTimeP99Ms: NUMBER_OR_NULL,
  }, "Over the last few seconds; connect times are null if nothing has been connected recently."),
  ListenerRates: objectOf({
    sessionsPerSecond: { type: "number", description: "Clients accepted." },
    refusedPerSecond: { type: "number", description: "Clients closed immediately." },
  }, "Over the last few seconds."),
  BackendFigures: figuresOf(
    [BACKEND_TALLIES, BACKEND_CELLS, BACKEND_READINGS],
    { connectTimes: bucketsOf(CONNECT_TIME) },
  ),
  ListenerFigures: figuresOf(
    [LISTENER_TALLIES, LISTENER_CELLS],
    { durations: bucketsOf(SESSION_DURATION) },
  ),
  PoolFigures: figuresOf([POOL_TALLIES, POOL_CELLS], {}),
  WorkerFigures: figuresOf([WORKER_TALLIES, WORKER_CELLS], {}),
  Backend: objectOf({
    id: {
      type: "string",
      description: "Identifies the backend in paths, where it has to be percent-encoded.",
    },
    name: TEXT,
    condition: {
      type: "string",
      enum: ["up", "down", "ejected", "trial", "drain", "maintenance", "unused", "leaving"],
      description:
        "A backend that is `leaving` has been removed and is finishing its remaining sessions.",
    },
    health: { type: "string", enum: ["up", "down", "unchecked"] },
    mode: refTo("Mode"),
    backup: FLAG,
    configuredWeight: { type: "number", description: "The weight in the configuration file." },
    weight: { type: "number", description: "The weight in effect, slow start included." },
    maxConnections: { ...COUNT, description: "The limit in effect; 0 means no limit." },
    differsFromFile: arrayOf(
      { type: "string", enum: ["mode", "weight"] },
      "What an operator has set to something else than the file says.",
    ),
    "agent?": {
      type: "string",
      description: "What its agent has ordered, such as `drain, 50%`; absent if nothing.",
    },
    "lastChange?": objectOf({ atMs: TIME, text: TEXT }, "The last change, and its cause."),
    figures: refTo("BackendFigures"),
    rates: refTo("Rates"),
  }),
  Mode: { type: "string", enum: BACKEND_MODE_NAMES },
  Listener: objectOf({
    key: TEXT,
    addresses: arrayOf(TEXT),
    pool: POOL_OF_LISTENER,
    engine: TEXT,
    engineReason: TEXT,
    maxConnections: { ...COUNT, description: "0 means no limit." },
    ready: {
      type: "boolean",
      description: "Whether its pool has a backend that takes sessions.",
    },
    notReadyReasons: arrayOf(TEXT),
    leaving: LEAVING,
    figures: refTo("ListenerFigures"),
    rates: refTo("ListenerRates"),
  }),
  Pool: objectOf({
    name: TEXT,
    algorithm: { type: "string", enum: ALGORITHM_NAMES },
    maxSessions: { ...COUNT, description: "0 means no limit." },
    ready: { type: "boolean", description: "Whether it has a backend that takes sessions." },
    unresolved: arrayOf(
      objectOf({ name: TEXT, problem: TEXT }),
      "Backends that are not in use because their names have no address, and why they have none.",
    ),
    leaving: LEAVING,
    figures: refTo("PoolFigures"),
    rates: refTo("Rates"),
    backends: arrayOf(refTo("Backend")),
  }),
  Worker: objectOf({
    slot: COUNT,
    engine: TEXT,
    draining: {
      type: "boolean",
      description: "Whether it accepts no more clients and is finishing its sessions.",
    },
    figures: refTo("WorkerFigures"),
  }),
  Status: objectOf({
    atMs: TIME,
    startedAtMs: TIME,
    version: TEXT,
    file: TEXT,
    phase: { type: "string", enum: ["running", "stopping"] },
    ready: { type: "boolean", description: "Whether it accepts clients and is not shutting down." },
    notReadyReasons: arrayOf(TEXT),
    listeners: arrayOf(refTo("Listener")),
    pools: arrayOf(refTo("Pool")),
    workers: arrayOf(refTo("Worker")),
    reloads: objectOf({ succeeded: COUNT, failed: COUNT, "last?": refTo("Reload") }),
    accessLogDropped: COUNT,
  }),
  Reload: objectOf({
    atMs: TIME,
    ok: { type: "boolean", description: "Whether the settings of the file are in effect." },
    cause: TEXT,
    diagnostics: arrayOf(refTo("Diagnostic"), "Errors and warnings about the file."),
    problems: arrayOf(TEXT, "Why the reload failed; empty if it succeeded."),
    changes: arrayOf(TEXT),
  }),
  Diagnostic: objectOf({
    severity: { type: "string", enum: ["error", "warning"] },
    message: TEXT,
    file: TEXT,
    line: {
      ...COUNT,
      description: "Counted from 1; 0 if the problem concerns the file as a whole.",
    },
    column: COUNT,
    length: COUNT,
    lineText: {
      ...TEXT,
      description:
        "The line, without secrets; if it is very long, only the part around the problem.",
    },
    lineStart: { ...COUNT, description: "The column at which `lineText` begins." },
    "count?": { ...COUNT, description: "How many problems this one stands for; 1 if absent." },
  }),
  Session: objectOf({
    id: TEXT,
    client: TEXT,
    listener: TEXT,
    pool: TEXT,
    backend: { type: "string", description: "Empty until one has been chosen." },
    phase: { type: "string", enum: PHASES },
    startedAtMs: TIME,
    bytesIn: COUNT,
    bytesOut: COUNT,
    connectTimeMs: { type: "number", description: "-1 until the backend is connected." },
    retries: COUNT,
  }),
  SessionPage: objectOf({
    total: { ...COUNT, description: "How many sessions there are in total." },
    matching: { ...COUNT, description: "How many of them match the query, on all pages." },
    sessions: arrayOf(refTo("Session"), "Newest first."),
    next: {
      type: ["string", "null"],
      description: "The cursor of the next page; null on the last page.",
    },
  }),
  History: objectOf({
    atMs: arrayOf(TIME, "When each sample was taken, oldest first."),
    listeners: arrayOf(objectOf({
      key: TEXT,
      ...Object.fromEntries(LISTENER_SERIES.map((name) => [name, arrayOf(NUMBER_OR_NULL)])),
    })),
    pools: arrayOf(objectOf({
      name: TEXT,
      ...Object.fromEntries(POOL_SERIES.map((name) => [name, arrayOf(NUMBER_OR_NULL)])),
    })),
  }),
  ConfigValue: objectOf({
    key: TEXT,
    value: { type: "string", description: "As it would be written in the file." },
    origin: {
      type: "string",
      description:
        "Where the value comes from: `default`, or the section that sets it, such as `[options]` " +
        "or `[pool NAME]`.",
    },
    reloadable: FLAG,
  }),
  Config: objectOf({
    file: TEXT,
    options: arrayOf(refTo("ConfigValue")),
    listeners: arrayOf(objectOf({
      key: TEXT,
      addresses: arrayOf(TEXT),
      pool: POOL_OF_LISTENER,
      options: arrayOf(refTo("ConfigValue")),
    })),
    pools: arrayOf(objectOf({
      name: TEXT,
      options: arrayOf(refTo("ConfigValue")),
      backends: arrayOf(objectOf({
        name: TEXT,
        weight: NUMBER,
        mode: refTo("Mode"),
        backup: FLAG,
        maxConnections: COUNT,
      })),
    })),
  }),
  Api: objectOf({
    name: TEXT,
    version: TEXT,
    rights: arrayOf({ type: "string", enum: ["read", "write"] }, "What the caller may do."),
    routes: arrayOf(objectOf({ method: TEXT, path: TEXT, permission: TEXT, doc: TEXT })),
  }),
};

function figuresOf(
  tables: readonly Readonly<Record<string, CounterDefinition>>[],
  more: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  const entries = tables.flatMap((table) => Object.entries(table))
    .map(([name, { help, scale = 1 }]): [string, JsonSchema] => {
      const description = scale === 1 ? help : `${help} In units of ${scale}.`;
      return [name, { type: "number", description }];
    });
  return objectOf({ ...Object.fromEntries(entries), ...more });
}

function bucketsOf({ help, bounds }: HistogramDefinition): JsonSchema {
  return arrayOf(
    NUMBER,
    `${help} One count per bucket, not cumulative: up to ${bounds.join(", ")} ms, and above.`,
  );
}
