import { LISTENER_FORM } from "./_listener_key.ts";
import { BACKEND_FORM, NAME_FORM, SERVICE_FORM } from "./place.ts";
import { KNOWN_FLAGS, KNOWN_KEYS, type KnownFlag, type KnownKey, type Scope } from "./schema.ts";

const WIDTH = 80;

/** A configuration file that uses every part of the grammar; it is valid. */
export const EXAMPLE = `[options]                          ; defaults for every listener
algorithm = weighted_round_robin
connect_timeout = 2s

[mappings]
24003 = 127.0.0.1:8080:3, 127.0.0.1:8081,
        [::1]:8082 max_connections=100, backup.example:8083 backup
127.0.0.1:24004 = 127.0.0.1:8084   ; on loopback only

[options 24003]                    ; overrides for one listener
algorithm = least_connections

[listener edge]                    ; the long form, for shared pools
listen = 24005, [::1]:24006
pool = app

[pool app]
backends = blue@127.0.0.1:8085 weight=2, green@127.0.0.1:8086 backup
max_sessions = 1000
`;

const GRAMMAR = `The configuration file has these sections:

  [options]        defaults for every listener and pool, and settings for Weir
                   as a whole
  [mappings]       the short form: each entry is a listener, and a pool of
                   backends, both of which have the key as their name
  [options KEY]    overrides for one of these, by its key in [mappings]
  [listener NAME]  a listener with "listen = ADDRESS, ..." and "pool = NAME",
                   and the keys of a listener
  [pool NAME]      a pool that any number of listeners may use, with
                   "backends = BACKEND [FLAG ...], ..." and the keys of a pool

Durations are written 500ms, 5s, 10m, 2h or 1d; a bare number is seconds.
Sizes are written 4096, 16k or 1m; 1k is 1024 bytes.
A comment starts with ";" or "#" at the start of a line or after whitespace.
A value that ends in a comma continues on the next line, if that is indented
deeper than the key.

Included files ("include") have every section but [options].

With all that it includes, a file may have up to 8 MiB, 1,000,000 characters per
line, 1024 listeners, 1024 pools, and 8192 backends; it may include up to 1000
files. Only the first 100 errors are shown.`;

/** Formats the reference of the configuration file as plain text, for the command line. */
export function formatReference(): string {
  return [
    GRAMMAR,
    "",
    "[mappings]: LISTENER = BACKEND [FLAG ...], BACKEND [FLAG ...], ...",
    "",
    ...entry(
      "LISTENER",
      `${LISTENER_FORM}; a bare port or * means 0.0.0.0, and [::] accepts IPv4 as well`,
    ),
    ...entry(
      "BACKEND",
      `${BACKEND_FORM}, with IPv6 addresses in brackets. ` +
        `Or ${SERVICE_FORM}, for the backends that DNS lists under that name. ` +
        "name@ in front sets what is shown in place of the address, and what commands accept: " +
        `${NAME_FORM}. Double quotes enclose a BACKEND, or the value of a FLAG, that contains ` +
        'whitespace, a comma or "="',
    ),
    ...KNOWN_FLAGS.flatMap((flag) => entry(flagForm(flag), plain(describeFlag(flag)))),
    "In [options] only:",
    "",
    ...keysOf("global").flatMap(formatKey),
    "In [listener NAME], [options KEY] and [options]:",
    "",
    ...keysOf("listener").flatMap(formatKey),
    "In [pool NAME], [options KEY] and [options]:",
    "",
    ...keysOf("pool").flatMap(formatKey),
    "An example:",
    "",
    ...indent(EXAMPLE.trimEnd().split("\n"), "  "),
  ].join("\n");
}

/** Formats the keys, and the flags of a backend, as two Markdown tables for the README. */
export function formatReferenceMarkdown(): string {
  const keys = KNOWN_KEYS.map((key) => [
    `\`${key.name}\``,
    asCode(key.type.format(key.default)),
    `${key.type.kind}: ${key.type.allowed}`,
    key.scope === "global"
      ? "`[options]`"
      : `\`[options]\`, \`[options KEY]\`, \`[${key.scope} NAME]\``,
    key.reloadable ? "yes" : "no",
    key.doc,
  ]);
  const flags = KNOWN_FLAGS.map((flag) => [`\`${flagForm(flag)}\``, describeFlag(flag)]);
  return [
    ...markdownTable(["Key", "Default", "Values", "Where", "Reload", "Meaning"], keys),
    "",
    ...markdownTable(["Flag of a backend", "Meaning"], flags),
  ].join("\n");
}

function keysOf(scope: Scope): readonly KnownKey[] {
  return KNOWN_KEYS.filter((key) => key.scope === scope);
}

function formatKey({ name, type, default: value, doc, reloadable }: KnownKey): string[] {
  const restart = reloadable ? "" : " A change requires a restart.";
  return entry(`${name} = ${type.format(value)}`, `${plain(doc)}${restart}`, [
    ...wrap(`${type.kind}: ${type.allowed}`),
  ]);
}

function flagForm({ name, type }: KnownFlag): string {
  return type === undefined ? name : `${name}=N`;
}

function describeFlag({ doc, type, default: value }: KnownFlag): string {
  return type === undefined ? doc : `${doc} ${type.allowed}; ${type.format(value)} if absent.`;
}

/** Formats a term and its meaning, followed by an empty line. */
function entry(term: string, meaning: string, facts: readonly string[] = []): string[] {
  return [`  ${term}`, ...indent([...facts, ...wrap(meaning)], "      "), ""];
}

/** Wraps text into indented lines that fit the width. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`;
    if (lines.length > 0 && longer.length <= WIDTH - 6) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function indent(lines: readonly string[], margin: string): string[] {
  return lines.map((line) => line === "" ? "" : margin + line);
}

/** Formats a value as Markdown code, or as `(empty)` if there is nothing to mark as code. */
function asCode(value: string): string {
  return value === "" ? "(empty)" : `\`${value}\``;
}

/** Converts the code marks of the docs to plain text. */
function plain(doc: string): string {
  return doc.replaceAll("`", '"');
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
