import type { Control } from "../supervisor/control.ts";
import type { HttpRequest } from "./http_request.ts";
import type { EventStreams } from "./event_streams.ts";
import type { JsonSchema } from "./json_schema.ts";
import type { LiveReply, Reply } from "./reply.ts";
import type { SessionList } from "./session_list.ts";
import type { SharedAnswers } from "./shared_answers.ts";
import type { StatusWatch } from "./status_watch.ts";

/** What somebody may do; whoever may write may read too. */
export type Right = "read" | "write";

/** What a route asks for; `none` is open to everyone who can reach the address. */
export type Permission = Right | "none";

/** What answers are made from. */
export interface Desk {
  readonly control: Control;
  /** Weir's own version. */
  readonly version: string;
  readonly watch: StatusWatch;
  readonly shared: SharedAnswers;
  readonly sessions: SessionList;
  readonly streams: EventStreams;
  /** Every route of the API, for those that describe it. */
  readonly routes: readonly Route[];
}

/** What a request may do, and for how long. */
export interface Access {
  readonly rights: readonly Right[];
  /** Aborted once the token no longer stands in its file. */
  readonly revoked: AbortSignal;
}

/** A request that is known to be good. */
export interface Call {
  readonly request: HttpRequest;
  readonly access: Access;
  /** The decoded parts of the path, and the query, by the names of the route's parameters. */
  readonly parameters: Readonly<Record<string, string | number>>;
  /** What was sent, as the route's `body` says. */
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

/** What a route may answer, besides problems. */
export interface Answer {
  readonly status: number;
  readonly doc: string;
  readonly contentType?: string;
  readonly schema?: JsonSchema;
}

/** One thing that the API can do. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Parts in braces stand for parameters: `/api/v1/sessions/{id}`. */
  readonly path: string;
  /** One or two sentences. */
  readonly doc: string;
  readonly permission: Permission;
  readonly parameters?: readonly Parameter[];
  /** What is to be sent, as JSON; absent where nothing is. */
  readonly body?: JsonSchema;
  readonly answers: readonly Answer[];
  readonly handle: Handler;
}
