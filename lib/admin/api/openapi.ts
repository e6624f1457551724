import { type JsonSchema, refTo } from "./json_schema.ts";
import type { Answer, Route } from "./route.ts";
import { SCHEMAS } from "./schemas.ts";

/** Describes routes as OpenAPI 3.1 has it. */
export function describeOpenApi(routes: readonly Route[], version: string): object {
  const paths = Map.groupBy(routes, ({ path }) => path);
  return {
    openapi: "3.1.0",
    info: {
      title: "Weir's admin API",
      version,
      description: "Observe and control a running Weir.",
      license: { name: "MIT", identifier: "MIT" },
    },
    paths: Object.fromEntries(
      [...paths].map(([path, group]) => [
        path,
        Object.fromEntries(
          group.map((route) => [route.method.toLowerCase(), describeRoute(route)]),
        ),
      ]),
    ),
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "A token from admin_token_file; not needed if there is no such file.",
        },
      },
    },
  };
}

/** A name for a route that is unique: `post_backends_id_mode`. */
export function operationId({ method, path }: Route): string {
  const words = path.replace(/^\/api\/v1/, "").split(/\W+/).filter((word) => word !== "");
  return [method.toLowerCase(), ...words].join("_");
}

function describeRoute(route: Route): object {
  const { doc, permission, parameters = [], body, answers } = route;
  const described = Object.fromEntries(
    answers.map((answer) => [String(answer.status), describeAnswer(answer)]),
  );
  return {
    operationId: operationId(route),
    summary: doc,
    ...(parameters.length === 0 ? {} : {
      parameters: parameters.map(({ name, in: place, doc, schema }) => ({
        name,
        in: place,
        description: doc,
        required: place === "path",
        schema,
      })),
    }),
    ...(body === undefined ? {} : {
      requestBody: { required: true, content: { "application/json": { schema: body } } },
    }),
    responses: { ...described, default: describeProblem() },
    security: permission === "none" ? [] : [{ token: [] }, {}],
  };
}

function describeAnswer({ doc, contentType = "application/json", schema }: Answer): object {
  const content: JsonSchema | undefined = schema;
  return {
    description: doc,
    ...(content === undefined ? {} : { content: { [contentType]: { schema: content } } }),
  };
}

function describeProblem(): object {
  return {
    description: "The request could not be fulfilled.",
    content: { "application/problem+json": { schema: refTo("Problem") } },
  };
}
