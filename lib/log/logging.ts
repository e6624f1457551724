import { configureSync, getLogger, type Logger, resetSync } from "@logtape/logtape";
import type { LogFormatName, LogLevelName } from "../config/settings.ts";
import { isLoud, type LogLine, toLogLine } from "./log_line.ts";
import { formatLineJson, formatLineText } from "./log_line_format.ts";
import { writeStandardError } from "./standard_error.ts";

export interface LoggingOptions {
  /** Lines below this level are not written. */
  readonly level: LogLevelName;
  readonly format: LogFormatName;
  /** Writes one whole line with its line break. @default {writeStandardError} */
  readonly write?: (line: string) => void;
  /** @default {whether standard error is a terminal and NO_COLOR is not set} */
  readonly colour?: boolean;
}

export interface ForwardingOptions {
  /** Lines below this level are not forwarded. */
  readonly level: LogLevelName;
  /** Passes a line to the main thread. */
  readonly post: (line: LogLine) => void;
}

/** Where the lines of this thread go; undefined until one of the two functions below was called. */
let destination: { level: LogLevelName; readonly emit: (line: LogLine) => void } | undefined;

/**
 * Sets up logging on the main thread. Calling it again, on a reload, replaces the earlier
 * configuration; existing loggers stay valid.
 */
export function configureLogging(options: LoggingOptions): void {
  const { level, format } = options;
  const write = options.write ?? writeStandardError;
  const colour = options.colour ??
    (options.write === undefined && !Deno.noColor && Deno.stderr.isTerminal());
  const emit = format === "json"
    ? (line: LogLine): void => write(formatLineJson(line))
    : (line: LogLine): void => write(formatLineText(line, colour));
  install(level, emit);
}

/**
 * Sets up logging on a worker thread: nothing is written there, and every line goes to the main
 * thread, which passes it to {@linkcode writeForwarded}. So lines of different threads are never
 * mixed.
 */
export function configureForwarding(options: ForwardingOptions): void {
  install(options.level, options.post);
}

/** Writes a line that a worker forwarded, unless it is below the main thread's level. */
export function writeForwarded(line: LogLine): void {
  if (destination !== undefined && isLoud(line.level, destination.level)) destination.emit(line);
}

/** Changes the level of this thread from now on; does nothing before logging is set up. */
export function setLogLevel(level: LogLevelName): void {
  if (destination !== undefined) install(level, destination.emit);
}

/**
 * The logger of one part of Weir, such as `supervisor` or `engine.streams`. Values are passed as
 * properties and named in the message, `logger.info("listening on {address}", { address })`: in
 * text from outside, braces would be read as such names.
 */
export function loggerFor(category: string): Logger {
  return getLogger(["weir", ...category.split(".")]);
}

/** Resets logging, so that a test leaves nothing behind. */
export function resetLogging(): void {
  destination = undefined;
  resetSync();
}

function install(level: LogLevelName, emit: (line: LogLine) => void): void {
  destination = { level, emit };
  configureSync({
    reset: true,
    sinks: { weir: (record) => emit(toLogLine(record)) },
    loggers: [
      { category: "weir", sinks: ["weir"], lowestLevel: level },
      // LogTape's own category, which would otherwise print a notice to the console.
      { category: ["logtape", "meta"], sinks: ["weir"], lowestLevel: "warning" },
    ],
  });
}
