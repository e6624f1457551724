import { ALGORITHM_NAMES, BACKEND_MODE_NAMES } from "../config/settings.ts";
import { PHASES } from "../log/close_reason.ts";
import {
  BACKEND_CELLS,
  BACKEND_READINGS,
  BACKEND_TALLIES,
  LISTENER_CELLS,
  LISTENER_TALLIES,
  WORKER_CELLS,
  WORKER_TALLIES,
} from "../state/counters.ts";
import { type CounterDefinition } from "../state/counter_definition.ts";
import { CONNECT_TIME, type HistogramDefinition, SESSION_DURATION } from "../state/histograms.ts";
import { SERIES_NAMES } from "./history.ts";
import { arrayOf, type JsonSchema, objectOf, refTo } from "./json_schema.ts";

const TEXT: JsonSchema = { type: "string" };
const FLAG: JsonSchema = { type: "boolean" };
const NUMBER: JsonSchema = { type: "number" };
const COUNT: JsonSchema = { type: "integer", minimum: 0 };
const TIME: JsonSchema = { type: "number", description: "Milliseconds since 1970." };
const MS_OR_NULL: JsonSchema = { type: ["number", "null"] };

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
    connectTimeP50Ms: MS_OR_NULL,
    connectTimeP99Ms: MS_OR_NULL,
  }, "Over the last seconds; a connect time is null where nothing was connected of late."),
  BackendFigures: figuresOf(
    [BACKEND_TALLIES, BACKEND_CELLS, BACKEND_READINGS],
    { connectTimes: bucketsOf(CONNECT_TIME) },
  ),
  ListenerFigures: figuresOf(
    [LISTENER_TALLIES, LISTENER_CELLS],
    { durations: bucketsOf(SESSION_DURATION) },
  ),
  WorkerFigures: figuresOf([WORKER_TALLIES, WORKER_CELLS], {}),
  Backend: objectOf({
    id: { type: "string", description: "Names the backend in paths, once it is encoded." },
    name: TEXT,
    condition: {
      type: "string",
      enum: ["up", "down", "ejected", "trial", "drain", "maintenance", "unused", "leaving"],
      description: "A backend that is leaving was removed, and finishes the sessions that it has.",
    },
    health: { type: "string", enum: ["up", "down", "unchecked"] },
    mode: refTo("Mode"),
    backup: FLAG,
    configuredWeight: { type: "number", description: "As the file has it." },
    weight: { type: "number", description: "As it is now, slow start included." },
    maxConnections: { ...COUNT, description: "0 is no limit." },
    differsFromFile: arrayOf(
      { type: "string", enum: ["mode", "weight"] },
      "What an operator has changed and the file does not say.",
    ),
    "lastChange?": objectOf({ atMs: TIME, text: TEXT }, "The last change, and why."),
    figures: refTo("BackendFigures"),
    rates: refTo("Rates"),
  }),
  Mode: { type: "string", enum: BACKEND_MODE_NAMES },
  Listener: objectOf({
    key: TEXT,
    address: TEXT,
    algorithm: { type: "string", enum: ALGORITHM_NAMES },
    engine: TEXT,
    engineReason: TEXT,
    maxConnections: { ...COUNT, description: "0 is no limit." },
    ready: { type: "boolean", description: "Whether it has a backend that takes sessions." },
    notReadyReasons: arrayOf(TEXT),
    unresolved: arrayOf(
      objectOf({ name: TEXT, problem: TEXT }),
      "The backends that are left out because their names have no address, and why they have none.",
    ),
    leaving: {
      type: "boolean",
      description: "Whether it was removed, and finishes the sessions that it has.",
    },
    figures: refTo("ListenerFigures"),
    rates: refTo("Rates"),
    backends: arrayOf(refTo("Backend")),
  }),
  Worker: objectOf({ slot: COUNT, engine: TEXT, figures: refTo("WorkerFigures") }),
  Status: objectOf({
    atMs: TIME,
    startedAtMs: TIME,
    version: TEXT,
    file: TEXT,
    phase: { type: "string", enum: ["running", "stopping"] },
    ready: { type: "boolean", description: "Whether it accepts clients and is not shutting down." },
    notReadyReasons: arrayOf(TEXT),
    listeners: arrayOf(refTo("Listener")),
    workers: arrayOf(refTo("Worker")),
    reloads: objectOf({ succeeded: COUNT, failed: COUNT, "last?": refTo("Reload") }),
    accessLogDropped: COUNT,
  }),
  Reload: objectOf({
    atMs: TIME,
    ok: { type: "boolean", description: "Whether the file's settings are in force." },
    cause: TEXT,
    diagnostics: arrayOf(refTo("Diagnostic"), "What is wrong in the file."),
    problems: arrayOf(TEXT, "What else stood against it."),
    changes: arrayOf(TEXT),
  }),
  Diagnostic: objectOf({
    severity: { type: "string", enum: ["error", "warning"] },
    message: TEXT,
    file: TEXT,
    line: { ...COUNT, description: "From 1; 0 where the file as a whole is meant." },
    column: COUNT,
    length: COUNT,
    lineText: {
      ...TEXT,
      description: "The line, without secrets; of a very long one the part around the place.",
    },
    lineStart: { ...COUNT, description: "The column at which `lineText` begins." },
    "count?": { ...COUNT, description: "How many problems this one stands for; 1 if absent." },
  }),
  Session: objectOf({
    id: TEXT,
    client: TEXT,
    listener: TEXT,
    backend: { type: "string", description: "Empty while there is none." },
    phase: { type: "string", enum: PHASES },
    startedAtMs: TIME,
    bytesIn: COUNT,
    bytesOut: COUNT,
    connectTimeMs: { type: "number", description: "-1 while the backend is not connected." },
    retries: COUNT,
  }),
  SessionPage: objectOf({
    total: { ...COUNT, description: "All sessions." },
    matching: { ...COUNT, description: "Those that are wanted, on all pages." },
    sessions: arrayOf(refTo("Session"), "The newest first."),
    next: { type: ["string", "null"], description: "The cursor of the next page." },
  }),
  History: objectOf({
    atMs: arrayOf(TIME, "When each sample was taken, oldest first."),
    listeners: arrayOf(objectOf({
      key: TEXT,
      ...Object.fromEntries(SERIES_NAMES.map((name) => [name, arrayOf(MS_OR_NULL)])),
    })),
  }),
  ConfigValue: objectOf({
    key: TEXT,
    value: { type: "string", description: "As the file would have it." },
    origin: { type: "string", description: "default, [options] or [options KEY]." },
    reloadable: FLAG,
  }),
  Config: objectOf({
    file: TEXT,
    options: arrayOf(refTo("ConfigValue")),
    listeners: arrayOf(objectOf({
      key: TEXT,
      address: TEXT,
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
    rights: arrayOf({ type: "string", enum: ["read", "write"] }, "What the one who asks may do."),
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
    `${help} How many there were up to ${bounds.join(", ")} ms, and beyond.`,
  );
}
