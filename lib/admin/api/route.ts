import type { Control } from "../../supervisor/control.ts";
import type { StatusWatch } from "../metrics/status_watch.ts";
import type { HttpRequest } from "../server/http_request.ts";
import type { LiveReply, Reply } from "../server/reply.ts";
import type { EventStreams } from "./event_streams.ts";
import type { JsonSchema } from "./json_schema.ts";
import type { SessionList } from "./session_list.ts";
import type { SharedAnswers } from "./shared_answers.ts";

/** A right of a caller; `write` includes `read`. */
export type Right = "read" | "write";

/** What a route requires; `none` is open to everyone who can reach the address. */
export type Permission = Right | "none";

/** What the handlers use to make answers. */
export interface Desk {
  readonly control: Control;
  /** Weir's own version. */
  readonly version: string;
  readonly watch: StatusWatch;
  readonly shared: SharedAnswers;
  readonly sessions: SessionList;
  readonly streams: EventStreams;
  /** Every route of the API, for the routes that describe it. */
  readonly routes: readonly Route[];
}

/** What a request may do, and for how long. */
export interface Access {
  readonly rights: readonly Right[];
  /** Aborted once the token is no longer in its file. */
  readonly revoked: AbortSignal;
}

/** A request that has passed all checks. */
export interface Call {
  readonly request: HttpRequest;
  readonly access: Access;
  /** The decoded parts of the path, and the query, by the names of the route's parameters. */
  readonly parameters: Readonly<Record<string, string | number>>;
  /** The body, which matches the route's `body` schema. */
  readonly body: unknown;
}

export type Handler = (call: Call, desk: Desk) => Reply | LiveReply | Promise<Reply>;

/** A part of the path, or of the query. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly doc: string;
  readonly schema: JsonSchema;
}

/** An answer of a route, other than a problem. */
export interface Answer {
  readonly status: number;
  readonly doc: string;
  readonly contentType?: string;
  readonly schema?: JsonSchema;
}

/** One operation of the API. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Parts in braces stand for parameters: `/api/v1/sessions/{id}`. */
  readonly path: string;
  /** One or two sentences. */
  readonly doc: string;
  readonly permission: Permission;
  readonly parameters?: readonly Parameter[];
  /** The JSON body of the request; absent if there is none. */
  readonly body?: JsonSchema;
  readonly answers: readonly Answer[];
  readonly handle: Handler;
}
