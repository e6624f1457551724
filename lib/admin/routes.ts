import { answerOpenApi, answerRoutes } from "./describing.ts";
import { arrayOf, type JsonSchema, objectOf, refTo } from "./json_schema.ts";
import {
  answerConfig,
  answerEvents,
  answerHistory,
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
  doc: "The id of a backend, encoded: `24003%2F127.0.0.1%3A8080`.",
  schema: TEXT,
};

const READY = { ready: { type: "boolean" }, reasons: arrayOf(TEXT) } as const;
const READINESS: JsonSchema = objectOf(READY);
const POOLS: JsonSchema = objectOf({
  ...READY,
  pools: arrayOf(objectOf({ listener: TEXT, ready: { type: "boolean" } })),
});

/** Everything that the admin API can do, in the order of its reference. */
export const ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/healthz",
    doc: "Whether Weir is alive.",
    permission: "none",
    answers: [ok("It is.", objectOf({ alive: { type: "boolean" } }))],
    handle: answerAlive,
  },
  {
    method: "GET",
    path: "/readyz",
    doc: "Whether this process accepts clients and is not shutting down. Whether they find a " +
      "backend is a question of each listener: with `listener` it is asked of that one too.",
    permission: "none",
    parameters: [query("listener", "The key of a listener, as the file has it.", TEXT)],
    answers: [ok("It is.", READINESS), { ...ok("It is not, and why.", READINESS), status: 503 }],
    handle: answerReady,
  },
  {
    method: "GET",
    path: "/readyz/pools",
    doc: "Whether every listener has a backend that takes sessions, and which of them have one.",
    permission: "none",
    answers: [
      ok("Every one is.", POOLS),
      { ...ok("Not every one is, and why.", POOLS), status: 503 },
    ],
    handle: answerPools,
  },
  {
    method: "GET",
    path: "/metrics",
    doc:
      "The metrics, for Prometheus: its text format 0.0.4, or OpenMetrics where `Accept` says so.",
    permission: "read",
    answers: [{ ...ok("The metrics.", TEXT), contentType: "text/plain" }],
    handle: answerMetrics,
  },
  {
    method: "GET",
    path: "/api",
    doc: "Every route, and what the one who asks may do.",
    permission: "read",
    answers: [ok("The routes.", refTo("Api"))],
    handle: answerRoutes,
  },
  {
    method: "GET",
    path: "/api/v1/openapi.json",
    doc: "This API as OpenAPI 3.1 describes it.",
    permission: "read",
    answers: [ok("The description.", { type: "object" })],
    handle: answerOpenApi,
  },
  {
    method: "GET",
    path: "/api/v1/status",
    doc: "Everything that is known at this moment: listeners, backends, workers, reloads.",
    permission: "read",
    answers: [ok("The status.", refTo("Status"))],
    handle: answerStatus,
  },
  {
    method: "GET",
    path: "/api/v1/history",
    doc: "The last fifteen minutes of each listener, in columns.",
    permission: "read",
    answers: [ok("The history.", refTo("History"))],
    handle: answerHistory,
  },
  {
    method: "GET",
    path: "/api/v1/sessions",
    doc: "The sessions that are under way, the newest first.",
    permission: "read",
    parameters: [
      query("listener", "Only those of the listener with this key.", TEXT),
      query("backend", "Only those with the backend of this name.", TEXT),
      query("client", "Only those of this client, with or without its port.", TEXT),
      query("limit", "How many at most; 100 if absent.", {
        type: "integer",
        minimum: 1,
        maximum: 1000,
      }),
      query("cursor", "Go on where the page ended whose `next` this is.", TEXT),
    ],
    answers: [ok("A page of sessions.", refTo("SessionPage"))],
    handle: answerSessions,
  },
  {
    method: "GET",
    path: "/api/v1/config",
    doc: "The settings in force without their secrets, and how each value came to be.",
    permission: "read",
    answers: [ok("The settings.", refTo("Config"))],
    handle: answerConfig,
  },
  {
    method: "GET",
    path: "/api/v1/events",
    doc:
      "Server-sent events: `status` once a second (data as of GET /api/v1/status), and `event` " +
      "for everything that happens. Events that are remembered and that come after " +
      "`Last-Event-ID` are sent first.",
    permission: "read",
    parameters: [
      query("kinds", "`status`, `event`, or both with a comma; both if absent.", TEXT),
      query("last_event_id", "In place of the header `Last-Event-ID`.", {
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
    doc: "Says what is wanted of a backend: `ready`; `drain`, which takes no new sessions; " +
      "`maintenance`, which is not even checked.",
    permission: "write",
    parameters: [BACKEND_ID],
    body: objectOf({ mode: { type: "string", enum: ["ready", "drain", "maintenance"] } }),
    answers: [ok("The backend as it is now.", refTo("Backend"))],
    handle: setMode,
  },
  {
    method: "POST",
    path: "/api/v1/backends/{id}/weight",
    doc: "Sets the weight of a backend, until it is changed in the file.",
    permission: "write",
    parameters: [BACKEND_ID],
    body: objectOf({ weight: { type: "integer", minimum: 0, maximum: 256 } }),
    answers: [ok("The backend as it is now.", refTo("Backend"))],
    handle: setWeight,
  },
  {
    method: "DELETE",
    path: "/api/v1/backends/{id}/sessions",
    doc: "Ends all sessions of a backend.",
    permission: "write",
    parameters: [BACKEND_ID],
    answers: [ok("How many there were.", objectOf({ closed: { type: "integer", minimum: 0 } }))],
    handle: closeBackendSessions,
  },
  {
    method: "DELETE",
    path: "/api/v1/sessions/{id}",
    doc: "Ends one session.",
    permission: "write",
    parameters: [{ name: "id", in: "path", doc: "The id of a session.", schema: TEXT }],
    answers: [{ status: 204, doc: "It has been told to end." }],
    handle: closeSession,
  },
  {
    method: "POST",
    path: "/api/v1/reload",
    doc:
      "Reads the configuration again. Where it cannot be used the answer is 422, with the same " +
      "members, and the old settings stay in force.",
    permission: "write",
    answers: [ok("What has changed.", refTo("Reload"))],
    handle: reload,
  },
  {
    method: "POST",
    path: "/api/v1/shutdown",
    doc: "Lets the sessions finish and ends Weir, as SIGTERM does.",
    permission: "write",
    answers: [{ ...ok("It is under way.", objectOf({})), status: 202 }],
    handle: shutDown,
  },
];

function ok(doc: string, schema: JsonSchema): Answer {
  return { status: 200, doc, schema };
}

function query(name: string, doc: string, schema: JsonSchema): Parameter {
  return { name, in: "query", doc, schema };
}
