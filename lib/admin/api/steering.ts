import type { BackendModeName } from "../../config/settings.ts";
import type { BackendView, StatusView } from "../metrics/status_view.ts";
import { Problem } from "../server/problem.ts";
import { jsonReply, type Reply } from "../server/reply.ts";
import type { Call, Desk } from "./route.ts";

/** The cause that the log and the events name. */
const CAUSE = "the admin API";

export function setMode(call: Call, desk: Desk): Reply {
  // Validated by the route's schema.
  const { mode } = call.body as { readonly mode: BackendModeName };
  const id = idOf(call);
  if (!desk.control.setMode(id, mode)) throw noneToSteer(id, desk);
  return answerBackend(id, desk);
}

export function setWeight(call: Call, desk: Desk): Reply {
  const { weight } = call.body as { readonly weight: number };
  const id = idOf(call);
  if (!desk.control.setWeight(id, weight)) throw noneToSteer(id, desk);
  return answerBackend(id, desk);
}

export async function closeBackendSessions(
  call: Call,
  { control, sessions }: Desk,
): Promise<Reply> {
  const id = idOf(call);
  const closed = await control.closeBackendSessions(id);
  if (closed === undefined) throw noBackend(id);
  sessions.refresh();
  return jsonReply({ closed });
}

export async function closeSession(call: Call, { control, sessions }: Desk): Promise<Reply> {
  const id = idOf(call);
  if (!await control.closeSession(id)) throw new Problem(404, `There is no session "${id}"`);
  sessions.refresh();
  return { status: 204, headers: {} };
}

export async function reload(_call: Call, { control, shared }: Desk): Promise<Reply> {
  const result = await control.reload(CAUSE);
  shared.refresh();
  if (result.ok) return jsonReply(result);
  throw new Problem(422, "The file cannot be used: the old settings stay in force", {}, result);
}

export function shutDown(_call: Call, { control }: Desk): Reply {
  control.shutdown(CAUSE);
  return jsonReply({}, 202);
}

function answerBackend(id: string, { shared, watch }: Desk): Reply {
  shared.refresh();
  const backend = findBackend(id, watch.view);
  return backend === undefined ? noBackend(id).toReply() : jsonReply(backend);
}

function findBackend(id: string, { pools }: StatusView): BackendView | undefined {
  return pools.flatMap(({ backends }) => backends).find((backend) => backend.id === id);
}

function idOf({ parameters }: Call): string {
  return String(parameters.id);
}

/** Why a backend cannot be changed. */
function noneToSteer(id: string, { watch }: Desk): Problem {
  if (findBackend(id, watch.view) === undefined) return noBackend(id);
  return new Problem(
    409,
    `Backend "${id}" is leaving: it was removed, and its remaining sessions are finishing`,
  );
}

function noBackend(id: string): Problem {
  return new Problem(
    404,
    `There is no backend "${id}"; GET /api/v1/status lists the ids, such as ` +
      '"24003/127.0.0.1:8080", which are percent-encoded in a path',
  );
}
