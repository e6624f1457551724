import type { LogLevelName } from "../config/settings.ts";
import type { LogLine } from "./log_line.ts";
import { escapeControls, safeJson } from "./safe_text.ts";

// Five columns each, so that the categories are aligned.
const LEVEL_WORDS: Readonly<Record<LogLevelName, string>> = {
  debug: "debug",
  info: "info ",
  warning: "warn ",
  error: "error",
};

const LEVEL_COLOURS: Readonly<Record<LogLevelName, string>> = {
  debug: "\x1b[2m",
  info: "\x1b[32m",
  warning: "\x1b[33m",
  error: "\x1b[31m",
};

/**
 * Formats a log line for people, with its line break: `2026-11-22T07:08:39.123Z info  supervisor:
 * listening on 0.0.0.0:24003`. Only the level is coloured, if colour is requested.
 */
export function formatLineText(line: LogLine, colour: boolean): string {
  const time = new Date(line.timeMs).toISOString();
  const word = LEVEL_WORDS[line.level];
  const level = colour ? `${LEVEL_COLOURS[line.level]}${word}\x1b[0m` : word;
  const text = line.category === "" ? line.message : `${line.category}: ${line.message}`;
  return `${time} ${level} ${escapeControls(text)}\n`;
}

/**
 * Formats a log line for programs, with its line break: one JSON object with `time` (ISO 8601),
 * `level`, `category`, `message` and, if there are any, `properties`.
 */
export function formatLineJson(line: LogLine): string {
  const { level, category, message, properties } = line;
  const time = new Date(line.timeMs).toISOString();
  const named = Object.keys(properties).length > 0 ? { properties } : {};
  return `${safeJson({ time, level, category, message, ...named })}\n`;
}
