import type { LogRecord } from "@logtape/logtape";
import { LOG_LEVEL_NAMES, type LogLevelName } from "../config/settings.ts";

/** A line of the log before it is formatted; structured-cloneable. */
export interface LogLine {
  /** When it was logged, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly level: LogLevelName;
  /** The part of Weir that logged it, such as `supervisor` or `engine.streams`. */
  readonly category: string;
  /** The message with its values filled in; not yet escaped. */
  readonly message: string;
  /** The values by name; strings, numbers, booleans, null, and lists and objects of these. */
  readonly properties: Readonly<Record<string, unknown>>;
}

const MAX_DEPTH = 4;
const MAX_ENTRIES = 100;

/** Whether a line of `level` is written if `lowest` is the configured level. */
export function isLoud(level: LogLevelName, lowest: LogLevelName): boolean {
  return LOG_LEVEL_NAMES.indexOf(level) >= LOG_LEVEL_NAMES.indexOf(lowest);
}

/**
 * Converts a LogTape record to a line: values are filled in, and those that cannot be sent to
 * another thread become text. Never throws, whatever the values are.
 */
export function toLogLine(record: LogRecord): LogLine {
  const [first, ...rest] = record.category;
  return {
    timeMs: record.timestamp,
    level: toLevel(record.level),
    category: first === "weir" ? rest.join(".") : record.category.join("."),
    message: record.message.map(toText).join(""),
    properties: toPlain(record.properties, 0) as Record<string, unknown>,
  };
}

function toLevel(level: LogRecord["level"]): LogLevelName {
  if (level === "trace") return "debug";
  return level === "fatal" ? "error" : level;
}

function toText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.message;
  const plain = toPlain(value, 0);
  return typeof plain === "object" && plain !== null ? JSON.stringify(plain) : String(plain);
}

/** Reduces a value to what survives both a structured clone and JSON. */
function toPlain(value: unknown, depth: number): unknown {
  if (value === null || value === undefined) return value;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return value;
  }
  if (typeof value !== "object") return String(value);
  try {
    return toPlainObject(value, depth);
  } catch {
    return "[unreadable]";
  }
}

function toPlainObject(value: object, depth: number): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof URL) return value.href;
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? "[…]" : "{…}";
  if (value instanceof Error) {
    return { name: value.name, message: value.message, stack: value.stack };
  }
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].slice(0, MAX_ENTRIES).map((item) => toPlain(item, depth + 1));
  }
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries.slice(0, MAX_ENTRIES).map(([name, item]) => [String(name), toPlain(item, depth + 1)]),
  );
}
