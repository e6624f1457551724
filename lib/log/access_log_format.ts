import type { AccessLogFieldName } from "../config/log_template.ts";
import { closeCode, describeReason } from "./close_reason.ts";
import { escapeControls, safeJson } from "./safe_text.ts";
import type { Attempt, SessionRecord } from "./session_record.ts";

/** Formats a session as a line of the access log, without the line break. */
export type AccessLogFormat = (record: SessionRecord) => string;

/** A field of the access log. */
export interface AccessLogField {
  /** Its key in JSON, and after a `%` in a template. */
  readonly name: AccessLogFieldName;
  readonly doc: string;
  readonly read: (record: SessionRecord) => FieldValue;
}

/** The value of a field; null if it does not apply to the session. */
type FieldValue = string | number | null | readonly Attempt[];

/**
 * Every field of the access log, in the order used for JSON. Text, JSON and templates all read the
 * record through this table.
 */
export const ACCESS_LOG_FIELDS: readonly AccessLogField[] = [
  {
    name: "type",
    doc: 'always "session", which sets these lines apart from those of the program\'s own log',
    read: () => "session",
  },
  {
    name: "time",
    doc: "when the client was accepted, ISO 8601 in UTC with milliseconds",
    read: (record) => new Date(record.startedAtMs).toISOString(),
  },
  {
    name: "client",
    doc:
      "address and port of the client; <none> (JSON: null) if unknown, because with `streams` the " +
      "client had reset the connection before it was accepted",
    read: (record) => record.client === "" ? null : record.client,
  },
  {
    name: "listener",
    doc: "the listener's name; of an entry in [mappings], its key",
    read: (record) => record.listener,
  },
  {
    name: "pool",
    doc: "the pool that the backends were taken from; of an entry in [mappings], its key",
    read: (record) => record.pool,
  },
  {
    name: "backend",
    doc:
      "the last backend that was tried: its name; or else as the file has it, or its host, port and " +
      "address if names are resolved periodically, as in web.example:80/192.0.2.1; <none> (JSON: " +
      "null) if there was none",
    read: (record) => record.backend === "" ? null : record.backend,
  },
  {
    name: "connect_ms",
    doc: "how long it took to connect to the backend, in milliseconds; -1 if it never succeeded",
    read: (record) => Math.round(record.connectTimeMs),
  },
  {
    name: "duration_ms",
    doc: "how long the session lasted, in milliseconds",
    read: (record) => Math.round(record.durationMs),
  },
  {
    name: "bytes_in",
    doc: "bytes from the client to the backend",
    read: (record) => record.bytesIn,
  },
  {
    name: "bytes_out",
    doc: "bytes from the backend to the client",
    read: (record) => record.bytesOut,
  },
  {
    name: "retries",
    doc: "how many connection attempts failed",
    read: (record) => record.retries,
  },
  {
    name: "tried",
    doc:
      "if an attempt failed, every backend that was tried, in order, with the outcome: connected, " +
      "connect_failed, connect_timeout, no_port, local_fault (this machine ran out of something) or " +
      "abandoned (the session ended first), as in a:80=connect_failed,b:80=connected (JSON: an " +
      "array of objects); otherwise <none> (JSON: [])",
    read: (record) => record.tried,
  },
  {
    name: "close_code",
    doc: "who ended the session and when, in two letters",
    read: (record) => closeCode(record.reason),
  },
  {
    name: "ended_by",
    doc: "who or what ended the session, as one word",
    read: (record) => record.reason.by,
  },
  {
    name: "phase",
    doc: "the phase in which the session ended, as one word",
    read: (record) => record.reason.phase,
  },
  {
    name: "reason",
    doc: "who ended the session and when, in words",
    read: (record) => describeReason(record.reason),
  },
];

/** The template of the format `text`. */
export const TEXT_TEMPLATE = "%client [%time] %listener %pool/%backend " +
  "%connect_ms/%duration_ms %bytes_in/%bytes_out %retries %tried %close_code %reason";

/**
 * Formats a session as a line for people and simple tools:
 *
 * ```text
 * client [accepted at] listener pool/backend connect ms/total ms bytes in/out retries tried code reason
 * 192.0.2.1:55555 [2026-11-22T07:08:39.123Z] 24003 24003/127.0.0.1:8080 1/5007 212/9034 0 <none> -- both sides finished
 * ```
 *
 * No field except the reason, which comes last, contains spaces. The backend is `<none>` for a
 * session that never had one, and the connect time is -1 for one that was never connected.
 */
export const formatText: AccessLogFormat = compileTemplate(TEXT_TEMPLATE);

/**
 * Formats a session as a JSON object on one line, with every field of {@linkcode
 * ACCESS_LOG_FIELDS}.
 */
export function formatJson(record: SessionRecord): string {
  const values: Record<string, FieldValue> = {};
  for (const field of ACCESS_LOG_FIELDS) values[field.name] = field.read(record);
  return safeJson(values);
}

/**
 * Compiles a template to a format; in the template, `%name` stands for a field and `%%` for a
 * percent sign.
 *
 * @throws {SyntaxError} if a percent sign is not followed by the name of a field.
 */
export function compileTemplate(template: string): AccessLogFormat {
  const literals: string[] = [];
  const fields: AccessLogField[] = [];
  let literal = "";
  let from = 0;
  for (const match of template.matchAll(/%(%|[a-z_]*)/g)) {
    literal += template.slice(from, match.index);
    from = match.index + match[0].length;
    if (match[1] === "%") {
      literal += "%";
      continue;
    }
    fields.push(fieldNamed(match[1] ?? ""));
    literals.push(literal);
    literal = "";
  }
  const last = literal + template.slice(from);

  return (record) => {
    let line = "";
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as AccessLogField;
      line += literals[i] + toWord(field.name, field.read(record));
    }
    return line + last;
  };
}

/**
 * Returns the format for a name, `text` or `json`, or for a template.
 *
 * @throws {SyntaxError} as {@linkcode compileTemplate} does
 */
export function accessLogFormatOf(name: string): AccessLogFormat {
  if (name === "text") return formatText;
  return name === "json" ? formatJson : compileTemplate(name);
}

function fieldNamed(name: string): AccessLogField {
  const field = ACCESS_LOG_FIELDS.find((field) => field.name === name);
  if (field !== undefined) return field;
  const known = ACCESS_LOG_FIELDS.map((field) => `%${field.name}`).join(", ");
  throw new SyntaxError(
    `Cannot format the access log: unknown field "%${name}"; the fields are ${known}`,
  );
}

function toWord(name: string, value: FieldValue): string {
  if (value === null) return "<none>";
  if (typeof value === "number") return String(value);
  const text = escapeControls(typeof value === "string" ? value : joinAttempts(value));
  // The reason comes last in the text format, so only it may contain spaces.
  return name === "reason" ? text : text.replaceAll(" ", "\\x20");
}

function joinAttempts(attempts: readonly Attempt[]): string {
  if (attempts.length === 0) return "<none>";
  return attempts.map(({ backend, outcome }) => `${backend}=${outcome}`).join(",");
}
