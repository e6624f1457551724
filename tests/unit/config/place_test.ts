import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readPlace } from "../../../lib/config/place.ts";
import { Source, type Token } from "../../../lib/config/source.ts";
import { howMany } from "../../support/long_tests.ts";

/** Puts a word at the fifth column of a line. */
function wordOf(text: string): Token {
  return { text, file: "a.cfg", line: 1, column: 5, lineText: `    ${text}` };
}

/** What a word is read as, without positions, or the problems with them. */
function read(text: string): unknown {
  const source = new Source("a.cfg", "");
  const place = readPlace(wordOf(text), source);
  const problems = source.diagnostics.map((d) => `${d.column}+${d.length} ${d.message}`);
  if (problems.length > 0) return problems;
  assert(place !== undefined);
  return { ...place, text: place.text.text };
}

Deno.test("readPlace() reads hosts with ports, weights and names", () => {
  const address = { kind: "address", hostname: "10.0.0.1", port: 80, authority: "10.0.0.1:80" };
  assertEquals(read("10.0.0.1:80"), { ...address, text: "10.0.0.1:80" });
  assertEquals(read("10.0.0.1:80:0"), { ...address, text: "10.0.0.1:80:0", weight: 0 });
  assertEquals(read("blue@10.0.0.1:80"), { ...address, text: "10.0.0.1:80", name: "blue" });
  for (const quoted of ['"blue@10.0.0.1:80"', 'blue@"10.0.0.1:80"']) {
    assertEquals(read(quoted), { ...address, text: "10.0.0.1:80", name: "blue" });
  }
  assertEquals(read("[fe80::1%eth0]:80"), {
    kind: "address",
    text: "[fe80::1%eth0]:80",
    hostname: "fe80::1%eth0",
    port: 80,
    authority: "[fe80::1%eth0]:80",
  });
  assertEquals(read("App.example:080"), {
    kind: "host",
    text: "App.example:080",
    hostname: "App.example",
    port: 80,
    authority: "App.example:80",
  });
});

Deno.test("readPlace() reads Unix sockets and sources", () => {
  for (
    const [word, path] of [
      ["unix:/run/app.sock", "/run/app.sock"],
      ["unix:run/a@b:1", "run/a@b:1"],
      ['"unix:/run/my app, = it.sock"', "/run/my app, = it.sock"],
    ] as const
  ) {
    assertEquals(read(word), { kind: "unix", text: `unix:${path}`, path });
  }
  for (
    const [word, prefix, rest, name] of [
      ["srv+_http._tcp.example.com", "srv+", "_http._tcp.example.com"],
      ["old@srv+_http._tcp.example.com.", "srv+", "_http._tcp.example.com.", "old"],
      ["file+/etc/app@2.json", "file+", "/etc/app@2.json"],
      ["http+sd.example:8080/app", "http+", "sd.example:8080/app"],
      ['"https+sd.example/app?a=b,c"', "https+", "sd.example/app?a=b,c"],
      ["etcd+/weir/app/", "etcd+", "/weir/app/"],
      ["k8s+web/app:http", "k8s+", "web/app:http"],
      ["consul+app", "consul+", "app"],
    ] as const
  ) {
    const named = name === undefined ? {} : { name };
    assertEquals(read(word), { kind: "source", text: prefix + rest, prefix, rest, ...named });
  }
});

Deno.test("readPlace() says what is wrong, and where", () => {
  const form = "expected host:port[:weight]";
  const name = 'expected up to 64 ASCII letters, digits, ".", "_" and "-", beginning with a ' +
    "letter or digit, and with at least one letter";
  for (
    const [word, ...problems] of [
      ["10.0.0.1", `5+8 backend "10.0.0.1" has no port: ${form}`],
      ["blue@:80", `10+3 backend ":80" has no host: ${form}`],
      ["blue@", '5+5 nothing follows "blue@": expected a place, such as "127.0.0.1:8080"'],
      ['"10.0.0.1:x:3"', '15+1 port "x" is not a whole number: expected 1 to 65535'],
      ["@10.0.0.1:80", `5+1 missing name before "@": ${name}`],
      ["1.2.3.4@10.0.0.1:80", `5+7 name "1.2.3.4" is an IP address: ${name}`],
      ["80@10.0.0.1:80", `5+2 "80" cannot be a name: ${name}`],
      ['"a b@10.0.0.1:80"', `6+3 "a b" cannot be a name: ${name}`],
      ['"10.0.0.1:80', '5+12 ""10.0.0.1:80" has no closing quotation mark'],
      ['"10.0.0.1:80"x', '18+1 unexpected "x" after the closing quotation mark'],
      ['unix:"/a b"', '5+11 "unix:"/a b"" has quotation marks inside: they enclose a whole place'],
      ["file+/a=b", '5+9 "file+/a=b" contains "=": expected quotation marks around it'],
      ["unix:", '5+5 "unix:" has no path: expected unix:PATH with a path of 103 bytes at most'],
      ["etcd+", '5+5 nothing follows "etcd+": expected where a list of backends in etcd is'],
      [
        "srv+http",
        '5+8 "srv+http" is not a service name: expected srv+_service._protocol.name',
      ],
    ]
  ) {
    assertEquals(read(word as string), problems, word);
  }
  const long = `unix:/${"é".repeat(51)}`;
  assertEquals(read(long), { kind: "unix", text: long, path: long.slice(5) });
  assertEquals((read(`${long}x`) as string[]).length, 1);
});

Deno.test("readPlace() reports every mistake of a place", () => {
  const problems = read("ü@256.1.1.1:0:300") as readonly string[];
  assertEquals(problems.map((problem) => problem.split(" ")[0]), ["5+1", "7+9", "17+1", "19+3"]);
});

const NAMES = fc.stringMatching(/^[a-z0-9][a-zA-Z0-9._-]{0,40}[a-z]$/);
const QUOTABLE = fc.stringMatching(/^[a-z/?=, .@:+-]{1,60}$/);

Deno.test("readPlace() reads back what was written, in quotation marks or without", () => {
  const hosts = fc.oneof(fc.ipV4(), fc.domain(), fc.ipV6().map((address) => `[${address}]`));
  fc.assert(
    fc.property(
      fc.option(NAMES, { nil: undefined }),
      hosts,
      fc.integer({ min: 1, max: 65535 }),
      fc.option(fc.integer({ min: 0, max: 256 }), { nil: undefined }),
      fc.constantFrom("plain", "all", "place"),
      (name, host, port, weight, quotes) => {
        const place = `${host}:${port}${weight === undefined ? "" : `:${weight}`}`;
        const label = name === undefined ? "" : `${name}@`;
        const words = {
          plain: label + place,
          all: `"${label}${place}"`,
          place: `${label}"${place}"`,
        };
        const found = read(words[quotes]) as Record<string, unknown>;
        assertEquals([found["name"], found["port"], found["weight"]], [name, port, weight]);
        assertEquals(found["authority"], `${host}:${port}`);
        assertEquals(found["hostname"], host.replace(/^\[|\]$/g, ""));
      },
    ),
    { numRuns: howMany(500, 20_000) },
  );
  fc.assert(
    fc.property(fc.constantFrom("file+", "https+", "etcd+"), QUOTABLE, (prefix, rest) => {
      const expected = { kind: "source", prefix, rest, text: prefix + rest };
      assertEquals(read(`"${prefix}${rest}"`), expected);
      assertEquals(read(`x@"${prefix}${rest}"`), { ...expected, name: "x" });
    }),
    { numRuns: howMany(500, 20_000) },
  );
});

Deno.test("readPlace() never throws, and every problem lies within the word", () => {
  const pieces = fc.constantFrom(
    ...'" @ : + = , [ ] / % . - _ 0 9 a é \0 😀'.split(" "),
    ...["unix:", "srv+", "file+", "k8s+", "10.0.0.1", "[::1]", "blue@", "host.example", ":80"],
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const word = wordOf(parts.join(""));
      const source = new Source("a.cfg", "");
      const place = readPlace(word, source);
      if (place === undefined) assert(source.hasErrors);
      for (const { column, length } of source.diagnostics) {
        assert(column >= word.column && column + length <= word.column + word.text.length);
      }
    }),
    { numRuns: howMany(2_000, 100_000) },
  );
});
