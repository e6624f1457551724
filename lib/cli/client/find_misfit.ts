import { describeAllowed, type JsonSchema, type JsonType } from "../../admin/api/json_schema.ts";
import { SCHEMAS } from "../../admin/api/schemas.ts";

/**
 * Describes where an answer does not match a schema; returns `undefined` if it matches. Unknown
 * members are accepted: a newer Weir may have them.
 *
 * @param path the position of the value in the answer, such as `listeners[0].backends`
 */
export function findMisfit(
  value: unknown,
  schema: JsonSchema,
  path = "",
): string | undefined {
  const place = path === "" ? "the answer" : `"${path}"`;
  const misfit = (): string => `${place} is not ${describeAllowed(schema)}`;
  const { $ref, enum: allowed, type, items, properties = {}, required = [] } = schema;
  if ($ref !== undefined) return findMisfit(value, SCHEMAS[nameOf($ref)] ?? {}, path);
  if (allowed !== undefined && !allowed.some((one) => one === value)) return misfit();
  const types = [type ?? []].flat();
  if (types.length > 0 && !types.includes(typeOf(value, types))) return misfit();
  if (Array.isArray(value)) {
    return items && firstOf(value, (item, index) => findMisfit(item, items, `${path}[${index}]`));
  }
  if (typeof value !== "object" || value === null) return undefined;
  const members = value as Readonly<Record<string, unknown>>;
  const missing = required.find((key) => !Object.hasOwn(members, key));
  if (missing !== undefined) return `${place} has no member "${missing}"`;
  return firstOf(
    Object.entries(properties).filter(([key]) => Object.hasOwn(members, key)),
    ([key, member]) => findMisfit(members[key], member, path === "" ? key : `${path}.${key}`),
  );
}

function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}

/** An integer is also a number: returns whichever of the two is wanted. */
function typeOf(value: unknown, wanted: readonly JsonType[]): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") {
    return Number.isInteger(value) && wanted.includes("integer") ? "integer" : "number";
  }
  return typeof value as JsonType;
}

function firstOf<T>(
  all: readonly T[],
  find: (one: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, one] of all.entries()) {
    const found = find(one, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
