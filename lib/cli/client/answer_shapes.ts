import { arrayOf, type JsonSchema, objectOf, refTo } from "../../admin/api/json_schema.ts";

const TEXT: JsonSchema = { type: "string" };

/**
 * The parts of Weir's answers that the commands read. Commands that change something require no
 * more than they use, so that they work with other versions of Weir.
 */
export const ANSWER_SHAPES = {
  /** Of `GET /api/v1/status`: the backends that exist. */
  backends: objectOf({
    pools: arrayOf(objectOf({
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
  /** Of `GET /api/v1/events`: an event. */
  event: objectOf({ atMs: { type: "number" }, kind: TEXT, text: TEXT }),
} as const satisfies Readonly<Record<string, JsonSchema>>;
