import { arrayOf, type JsonSchema, objectOf, refTo } from "./json_schema.ts";
import {
  answerConfig,
  answerEvents,
  answerHistory,
  answerOpenApi,
  answerRoutes,
  answerSessions,
  answerStatus,
} from "./observing.ts";
import { answerAlive, answerMetrics, answerPools, answerReady } from "./probing.ts";
import type { Answer, Parameter, Route } from "./route.ts";
import {
  closeBackendSessions,
  closeSession,
  reload,
  setMode,
  setWeight,
  shutDown,
} from "./steering.ts";

const TEXT: JsonSchema = { type: "string" };

const BACKEND_ID: Parameter = {
  name: "id",
  in: "path",
  doc: "The id of a backend, percent-encoded: `24003%2F127.0.0.1%3A8080`.",
  schema: TEXT,
};

const READY = { ready: { type: "boolean" }, reasons: arrayOf(TEXT) } as const;
const READINESS: JsonSchema = objectOf(READY);
const POOLS: JsonSchema = objectOf({
  ...READY,
  pools: arrayOf(objectOf({ pool: TEXT, ready: { type: "boolean" } })),
});

/** Everything that the admin API can do, in the order of its reference. */
export const ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/healthz",
    doc: "Whether Weir is alive.",
    permission: "none",
    answers: [ok("Weir is alive.", objectOf({ alive: { type: "boolean" } }))],
    handle: answerAlive,
  },
  {
    method: "GET",
    path: "/readyz",
    doc: "Whether this process accepts clients and is not shutting down; with `listener`, also " +
      "whether its pool has a backend that takes sessions.",
    permission: "none",
    parameters: [query("listener", "The name of a listener, or its key in `[mappings]`.", TEXT)],
    answers: [ok("Ready.", READINESS), { ...ok("Not ready, and why.", READINESS), status: 503 }],
    handle: answerReady,
  },
  {
    method: "GET",
    path: "/readyz/pools",
    doc:
      "Whether Weir is ready and the pool of every listener has a backend that takes sessions, and " +
      "which pools have one.",
    permission: "none",
    answers: [
      ok("All are ready.", POOLS),
      { ...ok("Not all are ready, and why.", POOLS), status: 503 },
    ],
    handle: answerPools,
  },
  {
    method: "GET",
    path: "/metrics",
    doc:
      "The metrics, in Prometheus' text format 0.0.4, or as OpenMetrics if `Accept` asks for it.",
    permission: "read",
    answers: [{ ...ok("The metrics.", TEXT), contentType: "text/plain" }],
    handle: answerMetrics,
  },
  {
    method: "GET",
    path: "/api",
    doc: "Every route, and what the caller may do.",
    permission: "read",
    answers: [ok("The routes.", refTo("Api"))],
    handle: answerRoutes,
  },
  {
    method: "GET",
    path: "/api/v1/openapi.json",
    doc: "The OpenAPI 3.1 description of this API.",
    permission: "read",
    answers: [ok("The description.", { type: "object" })],
    handle: answerOpenApi,
  },
  {
    method: "GET",
    path: "/api/v1/status",
    doc: "The current state of listeners, pools, backends, workers and reloads.",
    permission: "read",
    answers: [ok("The status.", refTo("Status"))],
    handle: answerStatus,
  },
  {
    method: "GET",
    path: "/api/v1/history",
    doc: "The last fifteen minutes of each listener and pool, as columns.",
    permission: "read",
    answers: [ok("The history.", refTo("History"))],
    handle: answerHistory,
  },
  {
    method: "GET",
    path: "/api/v1/sessions",
    doc: "The active sessions, newest first.",
    permission: "read",
    parameters: [
      query("listener", "Only sessions of the listener with this key.", TEXT),
      query("pool", "Only sessions of the pool with this name.", TEXT),
      query("backend", "Only sessions on the backend with this name.", TEXT),
      query("client", "Only sessions of this client, with or without its port.", TEXT),
      query("limit", "The most sessions to return; 100 if absent.", {
        type: "integer",
        minimum: 1,
        maximum: 1000,
      }),
      query("cursor", "The `next` of a page, to get the one after it.", TEXT),
    ],
    answers: [ok("A page of sessions.", refTo("SessionPage"))],
    handle: answerSessions,
  },
  {
    method: "GET",
    path: "/api/v1/config",
    doc: "The settings in effect, without secrets, and where each value comes from.",
    permission: "read",
    answers: [ok("The settings.", refTo("Config"))],
    handle: answerConfig,
  },
  {
    method: "GET",
    path: "/api/v1/events",
    doc: "Server-sent events: `status` once a second (with the data of GET /api/v1/status), and " +
      "`event` for everything that happens. Remembered events newer than `Last-Event-ID` are sent " +
      "first.",
    permission: "read",
    parameters: [
      query("kinds", "`status`, `event`, or both separated by a comma; both if absent.", TEXT),
      query("last_event_id", "Instead of the header `Last-Event-ID`, which takes precedence.", {
        type: "integer",
        minimum: 0,
      }),
    ],
    answers: [{ ...ok("The events.", TEXT), contentType: "text/event-stream" }],
    handle: answerEvents,
  },
  {
    method: "POST",
    path: "/api/v1/backends/{id}/mode",
    doc: "Sets the mode of a backend: `ready`; `drain`, in which it takes no new sessions; or " +
      "`maintenance`, in which its checks stop as well.",
    permission: "write",
    parameters: [BACKEND_ID],
    body: objectOf({ mode: { type: "string", enum: ["ready", "drain", "maintenance"] } }),
    answers: [ok("The backend, after the change.", refTo("Backend"))],
    handle: setMode,
  },
  {
    method: "POST",
    path: "/api/v1/backends/{id}/weight",
    doc: "Sets the weight of a backend, until the file changes it.",
    permission: "write",
    parameters: [BACKEND_ID],
    body: objectOf({ weight: { type: "integer", minimum: 0, maximum: 256 } }),
    answers: [ok("The backend, after the change.", refTo("Backend"))],
    handle: setWeight,
  },
  {
    method: "DELETE",
    path: "/api/v1/backends/{id}/sessions",
    doc: "Closes all sessions of a backend.",
    permission: "write",
    parameters: [BACKEND_ID],
    answers: [
      ok(
        "How many sessions are being closed.",
        objectOf({ closed: { type: "integer", minimum: 0 } }),
      ),
    ],
    handle: closeBackendSessions,
  },
  {
    method: "DELETE",
    path: "/api/v1/sessions/{id}",
    doc: "Closes a session.",
    permission: "write",
    parameters: [{ name: "id", in: "path", doc: "The id of a session.", schema: TEXT }],
    answers: [{ status: 204, doc: "The session is being closed." }],
    handle: closeSession,
  },
  {
    method: "POST",
    path: "/api/v1/reload",
    doc:
      "Reloads the configuration. If it cannot be used, the response is 422, with the same members, " +
      "and the old settings stay in effect.",
    permission: "write",
    answers: [ok("The settings of the file are in effect.", refTo("Reload"))],
    handle: reload,
  },
  {
    method: "POST",
    path: "/api/v1/shutdown",
    doc: "Shuts Weir down as SIGTERM does: active sessions may finish.",
    permission: "write",
    answers: [{ ...ok("The shutdown has begun.", objectOf({})), status: 202 }],
    handle: shutDown,
  },
];

function ok(doc: string, schema: JsonSchema): Answer {
  return { status: 200, doc, schema };
}

function query(name: string, doc: string, schema: JsonSchema): Parameter {
  return { name, in: "query", doc, schema };
}
