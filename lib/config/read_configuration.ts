import { dirname } from "node:path";
import { formatByteSize } from "../base/byte_size.ts";
import { runInSlices } from "../base/steps.ts";
import { mergeIncluded } from "./_merge_included.ts";
import { reportNotUtf8 } from "./_not_utf8.ts";
import { type FileText, MOST_BYTES, readFileText } from "./file_text.ts";
import { hasWildcard, includePattern, resolvePattern } from "./include_pattern.ts";
import { type IniDocument, parseIni, sectionIdentity } from "./ini.ts";
import { listMatching } from "./list_matching.ts";
import { quote } from "./quote.ts";
import { explainReadError } from "./read_error.ts";
import { Source, type Token } from "./source.ts";
import { readStandardInput, STANDARD_INPUT, STANDARD_INPUT_NAME } from "./standard_input.ts";

/** The files of a configuration, as they were when they were read. */
export interface ReadFiles {
  /**
   * The text of the file and of each that it includes, by path; `undefined` for one that could not
   * be read. Standard input is not among them.
   */
  readonly texts: ReadonlyMap<string, string | undefined>;
  /** Files that the pattern matches, but that were not read: beyond a limit, or the file itself. */
  readonly unread?: readonly string[];
  /** The path with wildcards that included files match, if there is one: more may appear. */
  readonly pattern?: string;
}

/** A configuration as it was read, with the problems found so far. */
export interface ReadConfiguration {
  readonly source: Source;
  /** The sections of all files; absent if the configuration file could not be read. */
  readonly document?: IniDocument;
  readonly files: ReadFiles;
}

/**
 * Reads a configuration file, or standard input if it is called `-`, and the files that it
 * includes. Never rejects: whatever cannot be read is reported to the source.
 */
export async function readConfiguration(file: string): Promise<ReadConfiguration> {
  const isStandardInput = file === STANDARD_INPUT;
  const name = isStandardInput ? STANDARD_INPUT_NAME : file;
  let read: FileText;
  try {
    read = await (isStandardInput ? readStandardInput() : readFileText(file));
  } catch (error) {
    const source = new Source(name, "");
    source.error(undefined, `cannot read the file: ${explainReadError(error, file)}`);
    return { source, files: { texts: new Map(isStandardInput ? [] : [[file, undefined]]) } };
  }
  const source = new Source(name, read.text);
  const texts = new Map<string, string | undefined>(isStandardInput ? [] : [[file, read.text]]);
  // A running Weir reads its files on the thread that serves operators.
  if (!read.isUtf8) await runInSlices(reportNotUtf8(source));
  const main = await runInSlices(parseIni(source));
  const token = findInclude(main);
  if (token === undefined || source.isSpent) return { source, document: main, files: { texts } };
  const reader = new IncludeReader(file, read.byteLength, token, source, texts);
  const included = await reader.read();
  const document = await runInSlices(mergeIncluded(main, included, source));
  const { pattern, unread } = reader;
  return {
    source,
    document,
    files: { texts, unread, ...(pattern === undefined ? {} : { pattern }) },
  };
}

/** The value of `include` in `[options]`, if there is a valid one: others are reported later. */
function findInclude({ sections }: IniDocument): Token | undefined {
  const options = sections.find(({ name }) => sectionIdentity(name) === "options");
  const value = options?.entries.find(({ key }) => key.text === "include")?.value;
  const [token, ...more] = value ?? [];
  if (token === undefined || more.length > 0) return undefined;
  return includePattern().parse(token.text).ok ? token : undefined;
}

/** Reads the files that one configuration file includes. */
class IncludeReader {
  readonly #file: string;
  readonly #token: Token;
  readonly #source: Source;
  readonly #texts: Map<string, string | undefined>;
  readonly #path: string;
  /** Those that are to be read and have not been. */
  readonly #unread = new Set<string>();
  /** The bytes of all files read so far. */
  #byteLength: number;

  /**
   * @param token the value of `include`
   * @param texts where the text of each file is noted
   */
  constructor(
    file: string,
    byteLength: number,
    token: Token,
    source: Source,
    texts: Map<string, string | undefined>,
  ) {
    this.#file = file;
    this.#byteLength = byteLength;
    this.#token = token;
    this.#source = source;
    this.#texts = texts;
    this.#path = resolvePattern(token.text, file);
  }

  /** The path with wildcards; absent if it has none. */
  get pattern(): string | undefined {
    return hasWildcard(this.#path) ? this.#path : undefined;
  }

  /** The files that were matched, but not read. */
  get unread(): readonly string[] {
    return [...this.#unread];
  }

  async read(): Promise<readonly Source[]> {
    const included: Source[] = [];
    const paths = await this.#list();
    for (const path of paths) if (!this.#texts.has(path)) this.#unread.add(path);
    for (const path of paths) {
      if (this.#source.isSpent) break;
      try {
        if (await this.#isItself(path)) continue;
        const { text, isUtf8, byteLength } = await readRegular(path);
        this.#byteLength += byteLength;
        if (this.#byteLength > MOST_BYTES) {
          this.#report(`with ${quote(path)} the configuration is larger than ${LARGEST} in all`);
          break;
        }
        this.#note(path, text);
        const source = new Source(path, text, this.#source);
        if (!isUtf8) await runInSlices(reportNotUtf8(source));
        included.push(source);
      } catch (error) {
        this.#note(path, undefined);
        this.#report(`cannot read included file ${quote(path)}: ${explainReadError(error, path)}`);
      }
    }
    return included;
  }

  /** The paths of the files, of which a pattern may have none. */
  async #list(): Promise<readonly string[]> {
    const path = this.#path;
    if (!hasWildcard(path)) return [path];
    const written = quote(this.#token.text);
    try {
      const paths = await listMatching(path);
      if (paths.length === 0) {
        this.#source.warning(this.#token, `include ${written} matches no file`);
      }
      return paths;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        const folder = quote(dirname(path));
        const problem = `include ${written} matches no file: folder ${folder} does not exist`;
        this.#source.warning(this.#token, problem);
      } else {
        this.#report(
          `include ${written} cannot be used: ${explainReadError(error, dirname(path))}`,
        );
      }
      return [];
    }
  }

  /** Whether a path is the configuration file: a pattern may match that, too. */
  async #isItself(path: string): Promise<boolean> {
    if (this.#file === STANDARD_INPUT) return false;
    const [info, own] = await Promise.all([Deno.stat(path), Deno.stat(this.#file)]);
    if (info.dev !== own.dev || info.ino !== own.ino) return false;
    if (!hasWildcard(this.#path)) throw new Error("it is the configuration file itself");
    return true;
  }

  #note(path: string, text: string | undefined): void {
    this.#unread.delete(path);
    // The configuration file itself was read before.
    if (path !== this.#file) this.#texts.set(path, text);
  }

  #report(problem: string): void {
    this.#source.error(this.#token, problem);
  }
}

const LARGEST = formatByteSize(MOST_BYTES);

/** Reads a file that need not be waited for. */
async function readRegular(path: string): Promise<FileText> {
  if ((await Deno.stat(path)).isFifo === true) throw new Error("it is a named pipe");
  return await readFileText(path);
}
