import { Problem } from "../server/problem.ts";
import { jsonReply, type LiveReply, type Reply } from "../server/reply.ts";
import { STREAM_KINDS, type StreamKind } from "./event_streams.ts";
import { describeOpenApi } from "./openapi.ts";
import type { Call, Desk } from "./route.ts";

const DEFAULT_LIMIT = 100;

export function answerStatus(_call: Call, { shared }: Desk): Reply {
  return jsonReply(shared.status);
}

export function answerHistory(_call: Call, { shared }: Desk): Reply {
  return jsonReply(shared.history);
}

export function answerConfig(_call: Call, { shared }: Desk): Reply {
  return jsonReply(shared.config);
}

export async function answerSessions({ parameters }: Call, { sessions }: Desk): Promise<Reply> {
  const { limit = DEFAULT_LIMIT, listener, pool, backend, client, cursor } = parameters;
  return jsonReply(
    await sessions.page({
      limit: Number(limit),
      listener: asText(listener),
      pool: asText(pool),
      backend: asText(backend),
      client: asText(client),
      cursor: asText(cursor),
    }),
  );
}

export function answerEvents(
  { request, access, parameters }: Call,
  { streams }: Desk,
): LiveReply {
  // The header is sent by a browser that reconnects, and is newer than the parameter in its URL.
  const last = request.headers.get("last-event-id") ?? String(parameters.last_event_id ?? 0);
  if (!/^\d{1,15}$/.test(last)) {
    throw new Problem(400, `Last-Event-ID is "${last}": expected the id of an event`);
  }
  const kinds = asText(parameters.kinds)?.split(",") ?? STREAM_KINDS;
  const unknown = kinds.find((kind) => !isStreamKind(kind));
  if (unknown !== undefined) {
    const allowed = STREAM_KINDS.map((kind) => `"${kind}"`).join(", ");
    throw new Problem(400, `Parameter "kinds" has "${unknown}": expected ${allowed}`);
  }
  return streams.open({
    kinds: kinds.filter(isStreamKind),
    lastEventId: Number(last),
    signal: access.revoked,
  });
}

function asText(value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function isStreamKind(text: string): text is StreamKind {
  return STREAM_KINDS.some((kind) => kind === text);
}

/** Answers with all routes, and the rights of the caller. */
export function answerRoutes({ access: { rights } }: Call, { routes, version }: Desk): Reply {
  return jsonReply({
    name: "Weir",
    version,
    rights,
    routes: routes.map(({ method, path, permission, doc }) => ({ method, path, permission, doc })),
  });
}

export function answerOpenApi(_call: Call, { routes, version }: Desk): Reply {
  return jsonReply(describeOpenApi(routes, version));
}
