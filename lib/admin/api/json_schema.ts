/** The part of JSON Schema (2020-12) that the API is described with. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: JsonType | readonly JsonType[];
  readonly description?: string;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
}

export type JsonType = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";

/** An object with exactly these properties; the names of optional ones end in `?`. */
export function objectOf(
  properties: Readonly<Record<string, JsonSchema>>,
  description?: string,
): JsonSchema {
  const entries = Object.entries(properties);
  return {
    type: "object",
    ...(description === undefined ? {} : { description }),
    properties: Object.fromEntries(
      entries.map(([name, schema]) => [name.replace("?", ""), schema]),
    ),
    required: entries.map(([name]) => name).filter((name) => !name.endsWith("?")),
    additionalProperties: false,
  };
}

/** A list. */
export function arrayOf(items: JsonSchema, description?: string): JsonSchema {
  return { type: "array", ...(description === undefined ? {} : { description }), items };
}

/** A reference to a schema by its name in the components. */
export function refTo(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/**
 * Validates a value from a client, and describes what is wrong: what was found, and what is
 * allowed.
 *
 * @param name what the value is called, for the message
 * @returns `undefined` if nothing is wrong
 */
export function findFault(value: unknown, schema: JsonSchema, name: string): string | undefined {
  if (schema.enum !== undefined) {
    return schema.enum.some((allowed) => allowed === value)
      ? undefined
      : faulty(name, value, schema);
  }
  if (!isOfType(value, schema.type)) return faulty(name, value, schema);
  if (typeof value === "number") {
    const { minimum = -Infinity, maximum = Infinity } = schema;
    return value >= minimum && value <= maximum ? undefined : faulty(name, value, schema);
  }
  if (schema.type !== "object") return undefined;
  const found = value as Readonly<Record<string, unknown>>;
  const { properties = {}, required = [] } = schema;
  const unknown = Object.keys(found).find((key) => !Object.hasOwn(properties, key));
  if (unknown !== undefined) {
    return `${name} has an unknown member "${unknown}": expected ${listMembers(properties)}`;
  }
  const missing = required.find((key) => !Object.hasOwn(found, key));
  if (missing !== undefined) return `${name} has no member "${missing}"`;
  for (const [key, member] of Object.entries(found)) {
    const fault = findFault(member, properties[key] as JsonSchema, `"${key}"`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Describes in words what a schema allows. */
export function describeAllowed(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((word) => JSON.stringify(word)).join(", ");
  const { minimum, maximum } = schema;
  const type = [schema.type ?? "anything"].flat().join(" or ");
  if (minimum === undefined) return `${/^[aeio]/.test(type) ? "an" : "a"} ${type}`;
  return maximum === undefined
    ? `a whole number of at least ${minimum}`
    : `a whole number from ${minimum} to ${maximum}`;
}

function faulty(name: string, value: unknown, schema: JsonSchema): string {
  const shown = JSON.stringify(value) ?? "nothing";
  const short = shown.length > 100 ? `${shown.slice(0, 100)}…` : shown;
  return `${name} is ${short}: expected ${describeAllowed(schema)}`;
}

function listMembers(properties: Readonly<Record<string, JsonSchema>>): string {
  return Object.keys(properties).map((key) => `"${key}"`).join(", ");
}

function isOfType(value: unknown, type: JsonSchema["type"]): boolean {
  switch (type) {
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    default:
      throw new Error(`Cannot check a value of type "${type}": requests never contain one`);
  }
}
