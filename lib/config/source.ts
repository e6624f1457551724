import type { Diagnostic } from "./diagnostic.ts";

/** A piece of a configuration file: text that stands in one line, and its place. */
export interface Token {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
}

/** Gives the part of a token from `start` up to, but not including, `end`. */
export function sliceToken(token: Token, start: number, end?: number): Token {
  return {
    text: token.text.slice(start, end),
    line: token.line,
    column: token.column + start,
  };
}

/** Gives a token without the white space at its ends. */
export function trimToken(token: Token): Token {
  const start = token.text.length - token.text.trimStart().length;
  return sliceToken(token, start, Math.max(start, token.text.trimEnd().length));
}

/** Who makes more mistakes has named the wrong file, and would lose sight of the first ones. */
const MOST_ERRORS = 1000;

/** The text of a configuration file in lines, and the problems found in it so far. */
export class Source {
  readonly file: string;
  readonly lines: readonly Token[];
  readonly #diagnostics: Diagnostic[] = [];
  #errorCount = 0;

  /** @param file The file's name, for messages. */
  constructor(file: string, text: string) {
    this.file = file;
    this.lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)
      .map((line, index) => ({ text: line, line: index + 1, column: 1 }));
  }

  /** In the order in which they were found. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics;
  }

  /**
   * Reports an error about a token, or, without one, about the file as a whole. After the first
   * thousand, one more says that there are more.
   */
  error(token: Token | undefined, message: string): void {
    this.#errorCount += 1;
    if (this.#errorCount <= MOST_ERRORS) {
      this.#report("error", token, message);
    } else if (this.#errorCount === MOST_ERRORS + 1) {
      this.#report("error", undefined, `there are more than ${MOST_ERRORS} errors, not all shown`);
    }
  }

  /** Reports a warning about a token. */
  warning(token: Token, message: string): void {
    this.#report("warning", token, message);
  }

  #report(severity: Diagnostic["severity"], token: Token | undefined, message: string): void {
    this.#diagnostics.push({
      severity,
      message,
      file: this.file,
      line: token?.line ?? 0,
      column: token?.column ?? 0,
      length: token?.text.length ?? 0,
      lineText: token === undefined ? "" : this.lines[token.line - 1]?.text ?? "",
    });
  }
}
