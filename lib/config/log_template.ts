import { closestWord } from "../base/closest_word.ts";
import type { ParsedValue, ValueType } from "./value_type.ts";

/** Every field that a line of the access log can have, in the order used for JSON. */
export const ACCESS_LOG_FIELD_NAMES = [
  "type",
  "time",
  "client",
  "listener",
  "pool",
  "backend",
  "connect_ms",
  "duration_ms",
  "bytes_in",
  "bytes_out",
  "retries",
  "tried",
  "close_code",
  "ended_by",
  "phase",
  "reason",
] as const;
export type AccessLogFieldName = typeof ACCESS_LOG_FIELD_NAMES[number];

/** The words that name a format. */
const WORDS: readonly string[] = ["auto", "text", "json"];
const ALLOWED = "auto (as log_format), text, json, or a template";
const FIELDS = ACCESS_LOG_FIELD_NAMES.map((name) => `%${name}`).join(", ");

/**
 * How a line of the access log is written: `auto`, `text`, `json`, or a template in which `%name`
 * stands for a field and `%%` for a percent sign.
 */
export function accessLogFormat(): ValueType<string> {
  return {
    kind: "log format",
    allowed: ALLOWED,
    parse(text): ParsedValue<string> {
      if (WORDS.includes(text)) return { ok: true, value: text };
      const fields = [...text.matchAll(/%(%|[a-z_]+|\w*)/g)].map((match) => match[1] as string)
        .filter((name) => name !== "%");
      if (fields.length === 0) {
        const example = 'such as "%client %backend %bytes_in"';
        return { ok: false, problem: `has no field: expected ${ALLOWED}, ${example}` };
      }
      const wrong = fields.find((name) => !ACCESS_LOG_FIELD_NAMES.some((known) => known === name));
      if (wrong === undefined) return { ok: true, value: text };
      if (wrong === "") {
        return {
          ok: false,
          problem: 'has a "%" without a field name: a percent sign is written "%%"',
        };
      }
      const meant = closestWord(wrong, ACCESS_LOG_FIELD_NAMES);
      const advice = meant === undefined
        ? `; the fields are ${FIELDS}`
        : `; did you mean "%${meant}"?`;
      return { ok: false, problem: `has an unknown field "%${wrong}"${advice}` };
    },
    format: (value) => value,
  };
}
