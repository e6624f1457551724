import { arrayOf, type JsonSchema, objectOf, refTo } from "../admin/json_schema.ts";

const TEXT: JsonSchema = { type: "string" };

/**
 * What the commands read of Weir's answers. Those that steer ask for no more than they use, so that
 * they get on with a Weir of another version.
 */
export const ANSWER_SHAPES = {
  /** Of `GET /api/v1/status`: which backends there are. */
  backends: objectOf({
    listeners: arrayOf(objectOf({
      backends: arrayOf(objectOf({ id: TEXT, name: TEXT, condition: TEXT })),
    })),
  }),
  /** Of `GET /api/v1/status`: all of it. */
  status: refTo("Status"),
  /** Of a change of mode. */
  mode: objectOf({
    condition: TEXT,
    figures: objectOf({ active: { type: "integer" } }),
  }),
  /** Of a change of weight. */
  weight: objectOf({ configuredWeight: { type: "number" } }),
  reload: objectOf({
    ok: { type: "boolean" },
    diagnostics: arrayOf(refTo("Diagnostic")),
    problems: arrayOf(TEXT),
    changes: arrayOf(TEXT),
  }),
  sessions: refTo("SessionPage"),
  /** Of `GET /api/v1/events`: something that has happened. */
  event: objectOf({ atMs: { type: "number" }, kind: TEXT, text: TEXT }),
} as const satisfies Readonly<Record<string, JsonSchema>>;
