import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { runAtOnce } from "../../../lib/base/steps.ts";
import { type IniDocument, parseIni } from "../../../lib/config/ini.ts";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import { Source, type Token } from "../../../lib/config/source.ts";
import { howMany } from "../../support/long_tests.ts";

interface Parsed {
  readonly document: IniDocument;
  readonly problems: readonly string[];
}

function parse(text: string): Parsed {
  const source = new Source("a.cfg", text);
  const document = runAtOnce(parseIni(source));
  const problems = source.diagnostics.map((d) => `${d.line}:${d.column}+${d.length} ${d.message}`);
  return { document, problems };
}

/** The document with its places, in short: `1:2 name`. */
function outline({ sections }: IniDocument): unknown {
  const place = ({ text, line, column }: Token): string => `${line}:${column} ${text}`;
  return sections.map(({ name, entries }) => [
    place(name),
    ...entries.map(({ key, value }) => [place(key), ...value.map(place)]),
  ]);
}

Deno.test("parseIni() keeps the places of sections, keys and values", () => {
  const { document, problems } = parse(
    "; c\n[ options ] # c\n  a = b c  ; d\nb=\n\n[x y]\nk  =v=w",
  );
  assertEquals(problems, []);
  assertEquals(outline(document), [
    ["2:3 options", ["3:3 a", "3:7 b c"], ["4:1 b"]],
    ["6:2 x y", ["7:1 k", "7:5 v=w"]],
  ]);
});

Deno.test("parseIni() goes on in the next line after a comma, past comments and blank lines", () => {
  const { document, problems } = parse("[m]\na = 1, ; c\n  2 x=3,\n# c\n\n\t3 ; c\nb = 4");
  assertEquals(problems, []);
  assertEquals(outline(document), [
    ["1:2 m", ["2:1 a", "2:5 1,", "3:3 2 x=3,", "6:2 3"], ["7:1 b", "7:5 4"]],
  ]);
});

Deno.test("parseIni() goes on after a comma in a deeper line, whatever that looks like", () => {
  const { document, problems } = parse(
    "[m]\na = 1,\n b = 2,\n\tc=,\n = 3,\n [::1]\n  d = 4,\n  e = 5,\n   f = 6",
  );
  assertEquals(problems, [
    "7:8+1 the value ends in a comma but does not continue on the next line",
  ]);
  assertEquals(outline(document), [
    ["1:2 m", ["2:1 a", "2:5 1,", "3:2 b = 2,", "4:2 c=,", "5:2 = 3,", "6:2 [::1]"], [
      "7:3 d",
      "7:7 4",
    ], ["8:3 e", "8:7 5,", "9:4 f = 6"]],
  ]);
});

Deno.test("parseIni() takes a section for one however deep it is", () => {
  const { document } = parse("[m]\na = 1,\n  [options x]\n  b = 2");
  assertEquals(outline(document), [["1:2 m", ["2:1 a", "2:5 1"]], [
    "3:4 options x",
    ["4:3 b", "4:7 2"],
  ]]);
});

Deno.test("parseIni() reports a comma at the end of a value that does not go on", () => {
  const { document, problems } = parse("[m]\na = 1,\nb = 2,\n[n]\nc = 3,");
  const message = "the value ends in a comma but does not continue on the next line";
  assertEquals(problems, [`2:6+1 ${message}`, `3:6+1 ${message}`, `5:6+1 ${message}`]);
  assertEquals(outline(document), [
    ["1:2 m", ["2:1 a", "2:5 1"], ["3:1 b", "3:5 2"]],
    ["4:2 n", ["5:1 c", "5:5 3"]],
  ]);
});

Deno.test("parseIni() tells an IPv6 key from a section", () => {
  const { document, problems } = parse(
    "[mappings]\n[::1]:80 = [::1]:81\n[::]:80=[::2]\n[options [::1]:80]\na = 1",
  );
  assertEquals(problems, []);
  assertEquals(outline(document), [
    ["1:2 mappings", ["2:1 [::1]:80", "2:12 [::1]:81"], ["3:1 [::]:80", "3:9 [::2]"]],
    ["4:2 options [::1]:80", ["5:1 a", "5:5 1"]],
  ]);
});

Deno.test("parseIni() takes an IPv6 backend at the start of a continued line", () => {
  const { document, problems } = parse("[m]\na = x,\n[::1]:80 max_connections=3,\n[::1]:81");
  assertEquals(problems, []);
  assertEquals(outline(document), [
    ["1:2 m", ["2:1 a", "2:5 x,", "3:1 [::1]:80 max_connections=3,", "4:1 [::1]:81"]],
  ]);
});

Deno.test("parseIni() takes a comment sign after white space only", () => {
  const { document } = parse("[m]\na = x;y#z\nb = x\t#z\nc = # z");
  assertEquals(outline(document), [
    ["1:2 m", ["2:1 a", "2:5 x;y#z"], ["3:1 b", "3:5 x"], ["4:1 c"]],
  ]);
});

Deno.test("parseIni() takes a byte order mark, any line end, and no last one", () => {
  const expected = [["1:2 m", ["2:1 a", "2:5 1"], ["3:1 b", "3:5 2"]]];
  for (const lineEnd of ["\n", "\r\n", "\r"]) {
    const lines = ["\uFEFF[m]", "a = 1", "b = 2"];
    assertEquals(outline(parse(lines.join(lineEnd)).document), expected);
    assertEquals(outline(parse([...lines, ""].join(lineEnd)).document), expected);
  }
});

Deno.test("parseIni() reports duplicates with the line of the first", () => {
  const { document, problems } = parse("[m]\na = 1\na = 2\n[m]\na = 3\n[x  y]\n[x y]");
  assertEquals(problems, [
    '3:1+1 duplicate key "a" in [m]; it is already set on line 2',
    "4:2+1 duplicate section [m]; it already starts on line 1",
    "7:2+3 duplicate section [x y]; it already starts on line 6",
  ]);
  assertEquals(document.sections.length, 4);
});

Deno.test("parseIni() reports each kind of broken line, and reads on", () => {
  const { document, problems } = parse("= 1\n[m\n= 2\nword\nkey: value\n%\n[n] x\na = 1");
  const kinds = 'a line is a section such as "[options]", "key = value", or a comment after ";"';
  assertEquals(problems, [
    '1:1+1 missing key before "="',
    '2:1+2 missing "]" at the end of the section header',
    '3:1+1 missing key before "="',
    `4:1+4 missing "=" after "word": ${kinds}`,
    `5:1+3 missing "=" after "key": ${kinds}`,
    `6:1+1 "%" cannot be parsed: ${kinds}`,
    '7:5+1 unexpected "x" after the section header; its keys start on a new line',
  ]);
  assertEquals(outline(document), [["2:2 m"], ["7:2 n", ["8:1 a", "8:5 1"]]]);
});

Deno.test("parseIni() reports keys before the first section once", () => {
  const { document, problems } = parse("a = 1\nb = 2\n[m]");
  assertEquals(problems, [
    '1:1+1 key "a" comes before the first section; it belongs below "[options]" or "[mappings]"',
  ]);
  assertEquals(outline(document), [["3:2 m"]]);
});

const fragments = fc.constantFrom(
  ..."[ ] = , ; # : \n \r \t * . \uFEFF \0 日 \u{1F600}".split(" "),
  ...[
    "[options]\n",
    "[mappings]\n",
    "[options 24003]\n",
    "24003 = ",
    "[::1]:24003",
    "127.0.0.1:80",
  ],
  ...["algorithm", "backup", "max_connections", " ", "workers = auto\n", "retries", "0", "\uD800"],
);
const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.array(fragments, { maxLength: 40 }).map((parts) => parts.join("")),
);

Deno.test("parseSettings() never throws, and every problem lies within the text", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
      const environment = { cores: 2, privileged: false };
      const { diagnostics, settings } = parseSettings(text, "a.cfg", environment);
      assertEquals(settings === undefined, diagnostics.some((d) => d.severity === "error"));
      for (const { line, column, length, lineText } of diagnostics) {
        if (line === 0) {
          assertEquals([column, length, lineText], [0, 0, ""]);
        } else {
          assertEquals(lineText, lines[line - 1]);
          assert(column >= 1 && length >= 0 && column - 1 + length <= lineText.length);
        }
      }
    }),
    { numRuns: howMany(1_000, 50_000) },
  );
});

Deno.test("parseIni() finds every key and value where it stands in the text", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const source = new Source("a.cfg", text);
      const lines = [...source.lines()];
      for (const { name, entries } of runAtOnce(parseIni(source)).sections) {
        for (const token of [name, ...entries.flatMap(({ key, value }) => [key, ...value])]) {
          const line = lines[token.line - 1]?.text ?? "";
          assertEquals(line.slice(token.column - 1).startsWith(token.text), true);
        }
      }
    }),
    { numRuns: howMany(1_000, 50_000) },
  );
});
