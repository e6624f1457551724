import { closestWord } from "../../base/closest_word.ts";
import { Problem } from "../server/problem.ts";
import { describeAllowed, findFault, type JsonSchema } from "./json_schema.ts";
import type { Parameter, Route } from "./route.ts";

/** A route, and its parameters from the path. */
export interface RouteMatch {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * Finds the route of a request. `HEAD` is routed like `GET`.
 *
 * @throws {Problem} 404 if there is no such path, 405 if it does not have the method
 */
export function findRoute(routes: readonly Route[], method: string, pathname: string): RouteMatch {
  const parts = pathname.split("/").map(decodePart);
  const found = routes.flatMap((route): RouteMatch[] => {
    const pathParameters = matchPath(route.path.split("/"), parts);
    return pathParameters === undefined ? [] : [{ route, pathParameters }];
  });
  if (found.length === 0) throw new Problem(404, `There is nothing at "${pathname}"; see GET /api`);
  const wanted = method === "HEAD" ? "GET" : method;
  const match = found.find(({ route }) => route.method === wanted);
  if (match !== undefined) return match;
  const methods = found.map(({ route }) => route.method);
  const allow = methods.flatMap((name) => name === "GET" ? ["GET", "HEAD"] : [name]).join(", ");
  throw new Problem(405, `${method} is not allowed for "${pathname}": expected ${allow}`, {
    allow,
  });
}

/**
 * Reads the parameters of a request.
 *
 * @throws {Problem} 400 if one is unknown, is given twice, or has a value that is not allowed
 */
export function readParameters(
  { route, pathParameters }: RouteMatch,
  query: URLSearchParams,
): Record<string, string | number> {
  const { parameters = [] } = route;
  const queried = parameters.filter((parameter) => parameter.in === "query");
  const values: Record<string, string | number> = { ...pathParameters };
  for (const name of new Set(query.keys())) {
    const parameter = queried.find((parameter) => parameter.name === name);
    if (parameter === undefined) throw unknownParameter(name, queried);
    const [text = "", second] = query.getAll(name);
    if (second !== undefined) throw new Problem(400, `Parameter "${name}" is given twice`);
    values[name] = readValue(name, text, parameter.schema);
  }
  return values;
}

function readValue(name: string, text: string, schema: JsonSchema): string | number {
  const isNumber = schema.type === "integer";
  const value = isNumber && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  const fault = findFault(value, schema, `Parameter "${name}"`);
  if (fault !== undefined) throw new Problem(400, fault);
  return value;
}

function unknownParameter(name: string, known: readonly Parameter[]): Problem {
  const names = known.map((parameter) => parameter.name);
  if (names.length === 0) {
    return new Problem(400, `Parameter "${name}" is unknown: this route takes none`);
  }
  const meant = closestWord(name, names);
  const advice = meant === undefined
    ? `: expected ${
      known.map((known) => `${known.name} (${describeAllowed(known.schema)})`).join(", ")
    }`
    : `; did you mean "${meant}"?`;
  return new Problem(400, `Parameter "${name}" is unknown${advice}`);
}

function matchPath(
  pattern: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const parameters: Record<string, string> = {};
  for (let index = 0; index < pattern.length; index++) {
    const name = /^\{(\w+)\}$/.exec(pattern[index] as string)?.[1];
    if (name !== undefined && parts[index] !== "") parameters[name] = parts[index] as string;
    else if (pattern[index] !== parts[index]) return undefined;
  }
  return parameters;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Problem(400, `"${part}" in the path is not valid percent-encoding`);
  }
}
