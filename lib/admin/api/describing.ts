import { jsonReply, type Reply } from "../server/reply.ts";
import { describeOpenApi } from "./openapi.ts";
import type { Call, Desk } from "./route.ts";

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
