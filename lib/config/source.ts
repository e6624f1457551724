import { counted } from "../base/counted.ts";
import { type Diagnostic, sortByPlace } from "./diagnostic.ts";
import { maskControls } from "./quote.ts";

/** A piece of a configuration file: text within one line, and its position. */
export interface Token {
  readonly text: string;
  /** The file that it is from. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** The whole line, as a diagnostic may show it. */
  readonly lineText: string;
}

/** Returns the part of a token from `start` up to, but not including, `end`. */
export function sliceToken(token: Token, start: number, end?: number): Token {
  const { text, file, line, column, lineText } = token;
  return { text: text.slice(start, end), file, line, column: column + start, lineText };
}

/** Returns a token without the white space at its ends. */
export function trimToken(token: Token): Token {
  const start = token.text.length - token.text.trimStart().length;
  return sliceToken(token, start, Math.max(start, token.text.trimEnd().length));
}

/**
 * Where a token is, for a message about another one: `on line 3` of the same file, or
 * `in conf.d/a.cfg:3`.
 */
export function whereIs({ file, line }: Token, seenFrom: Token): string {
  return file === seenFrom.file ? `on line ${line}` : `in ${maskControls(file)}:${line}`;
}

/** A file with more mistakes is the wrong file, and more messages would hide the first ones. */
const MOST_LISTED = 100;
/** How many errors are counted; the exact number does not matter beyond this. */
const MOST_COUNTED = 10_000;
/** A diagnostic has only the part of a longer line around its position; in UTF-16 code units. */
const LONGEST_PART = 800;

/**
 * What is wrong, or a function that returns it, which is not called if the message is not shown.
 */
type Message = string | (() => string);

/**
 * The text of a configuration file as lines, and the problems found so far in it and in the files
 * that it includes.
 */
export class Source {
  readonly file: string;
  readonly #text: string;
  readonly #log: ProblemLog;

  /**
   * @param file The file's name, for messages.
   * @param includer The configuration file that includes it; absent if it is that file itself.
   */
  constructor(file: string, text: string, includer?: Source) {
    this.file = file;
    this.#text = text;
    this.#log = includer === undefined ? new ProblemLog(file) : includer.#log;
    if (includer !== undefined) this.#log.addFile(file);
  }

  /** Whether the configuration cannot be used. */
  get hasErrors(): boolean {
    return this.#log.hasErrors;
  }

  /** Whether there are so many errors that reading on makes no sense. */
  get isSpent(): boolean {
    return this.#log.isSpent;
  }

  /**
   * Ordered by file and position: the first hundred errors that were found, and the first hundred
   * warnings. If there are more, the last diagnostics say how many.
   */
  get diagnostics(): readonly Diagnostic[] {
    return this.#log.diagnostics;
  }

  /** Yields each line, from the first to the last, without its line break. */
  *lines(): Generator<Token> {
    const text = this.#text;
    const { file } = this;
    let start = text.startsWith("\uFEFF") ? 1 : 0;
    let feed = start - 1;
    let carriage = start - 1;
    for (let line = 1; start <= text.length; line++) {
      if (feed < start) feed = indexOrEnd(text, "\n", start);
      if (carriage < start) carriage = indexOrEnd(text, "\r", start);
      const end = Math.min(feed, carriage);
      const lineText = text.slice(start, end);
      yield { text: lineText, file, line, column: 1, lineText };
      start = end === carriage && feed === carriage + 1 ? feed + 1 : end + 1;
    }
  }

  /**
   * Reports an error about a token of this or an included file, or, without one, about the
   * configuration file as a whole.
   */
  error(token: Token | undefined, message: Message): void {
    this.#log.report("error", token, message);
  }

  /** Reports a warning about a token. */
  warning(token: Token, message: Message): void {
    this.#log.report("warning", token, message);
  }
}

/** The problems found so far in a configuration file and in those that it includes. */
class ProblemLog {
  /** The configuration file, and then those that it includes, in their order. */
  readonly #files: string[];
  readonly #diagnostics: Diagnostic[] = [];
  readonly #counts: Record<Diagnostic["severity"], number> = { error: 0, warning: 0 };

  /** @param file The configuration file's name, for messages. */
  constructor(file: string) {
    this.#files = [file];
  }

  /** Whether there is an error. */
  get hasErrors(): boolean {
    return this.#counts.error > 0;
  }

  /** Whether there are so many errors that reading on makes no sense. */
  get isSpent(): boolean {
    return this.#counts.error >= MOST_COUNTED;
  }

  get diagnostics(): readonly Diagnostic[] {
    const all = [...this.#diagnostics, ...this.#surplus("error"), ...this.#surplus("warning")];
    return sortByPlace(all, this.#files);
  }

  /** Adds an included file. */
  addFile(file: string): void {
    this.#files.push(file);
  }

  /** @param token What is wrong; absent if it is the configuration file as a whole. */
  report(severity: Diagnostic["severity"], token: Token | undefined, message: Message): void {
    this.#counts[severity] += 1;
    if (this.#counts[severity] > MOST_LISTED) return;
    this.#diagnostics.push({
      severity,
      message: typeof message === "string" ? message : message(),
      file: token?.file ?? this.#mainFile,
      ...placeOf(token),
    });
  }

  get #mainFile(): string {
    return this.#files[0] ?? "";
  }

  /** Returns a diagnostic that says how many problems are not listed, if any. */
  #surplus(severity: Diagnostic["severity"]): Diagnostic[] {
    const count = this.#counts[severity] - MOST_LISTED;
    if (count <= 0) return [];
    const what = `${counted(count, `more ${severity}`)} ${count === 1 ? "is" : "are"}`;
    const end = severity === "error" && this.isSpent
      ? ", and the rest of the file was not read"
      : "";
    const message = `${what} not shown${end}`;
    return [{ severity, message, file: this.#mainFile, ...placeOf(undefined), count }];
  }
}

type Place = Pick<Diagnostic, "line" | "column" | "length" | "lineText" | "lineStart">;

function placeOf(token: Token | undefined): Place {
  if (token === undefined) return { line: 0, column: 0, length: 0, lineText: "", lineStart: 0 };
  const { line, lineText } = token;
  // The shown part of a line with a secret may end before the position.
  const column = Math.min(token.column, lineText.length + 1);
  const length = Math.min(token.text.length, lineText.length + 1 - column);
  if (lineText.length <= LONGEST_PART) return { line, column, length, lineText, lineStart: 1 };
  const start = Math.max(0, Math.min(column - 1, lineText.length) - LONGEST_PART / 2);
  const end = start + LONGEST_PART;
  const head = start === 0 ? "" : "…";
  const tail = end >= lineText.length ? "" : "…";
  const part = lineText.slice(start + head.length, end - tail.length).toWellFormed();
  return { line, column, length, lineText: head + part + tail, lineStart: start + 1 };
}

function indexOrEnd(text: string, wanted: string, start: number): number {
  const index = text.indexOf(wanted, start);
  return index === -1 ? text.length : index;
}
