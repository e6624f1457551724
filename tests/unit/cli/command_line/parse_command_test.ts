import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseCommand, type Request } from "../../../../lib/cli/command_line/parse_command.ts";
import { UsageError } from "../../../../lib/cli/exit_status.ts";

const NO_FILES = (): boolean => false;

function parse(...args: string[]): Request {
  return parseCommand(args, NO_FILES);
}

function parsedCommand(...args: string[]): { name: string; file: string; flags: string[] } {
  const request = parse(...args);
  assert(request.kind === "command");
  return { name: request.command.name, file: request.file, flags: [...request.flags] };
}

function usageError(...args: string[]): string {
  return assertThrows(() => parse(...args), UsageError).message;
}

Deno.test("parseCommand() takes a file alone as what to start", () => {
  assertEquals(parsedCommand("setup.cfg"), { name: "start", file: "setup.cfg", flags: [] });
  assertEquals(parsedCommand("start", "setup.cfg"), {
    name: "start",
    file: "setup.cfg",
    flags: [],
  });
});

Deno.test("parseCommand() keeps file names as they were typed", () => {
  assertEquals(parsedCommand("start", "007").file, "007");
  assertEquals(parsedCommand("start", "1e3").file, "1e3");
  assertEquals(parsedCommand("start", "--", "-odd.cfg").file, "-odd.cfg");
  assertEquals(parsedCommand("--", "-odd.cfg").file, "-odd.cfg");
  assertEquals(parsedCommand("--", "check").file, "check");
});

Deno.test("parseCommand() takes a lone dash for standard input, not for nothing", () => {
  assertEquals(parsedCommand("-"), { name: "start", file: "-", flags: [] });
  assertEquals(parsedCommand("check", "-", "--json"), {
    name: "check",
    file: "-",
    flags: ["json"],
  });
  assertEquals(
    usageError("-", "a.cfg"),
    'unexpected argument "a.cfg": "start" takes one configuration file',
  );
});

Deno.test("parseCommand() takes flags before and after the file", () => {
  const expected = { name: "check", file: "a.cfg", flags: ["json"] };
  assertEquals(parsedCommand("check", "--json", "a.cfg"), expected);
  assertEquals(parsedCommand("check", "a.cfg", "--json"), expected);
});

Deno.test("parseCommand() lets the demo run without a file", () => {
  assertEquals(parsedCommand("demo").file, "setup.cfg");
  assertEquals(parsedCommand("demo", "other.cfg").file, "other.cfg");
});

Deno.test("parseCommand() finds the flags that need no command", () => {
  assertEquals(parse("--help").kind, "help");
  assertEquals(parse("-h").kind, "help");
  assertEquals(parse("--help-config").kind, "help-config");
  assertEquals(parse("--version").kind, "version");
});

Deno.test("parseCommand() gives each command its own help, even where the file is missing", () => {
  for (const name of ["start", "check", "demo"]) {
    const request = parse(name, "--help");
    assert(request.kind === "command help");
    assertEquals(request.command.name, name);
  }
});

Deno.test("parseCommand() says when nothing was asked for", () => {
  assertEquals(usageError(), "missing command or configuration file");
});

Deno.test("parseCommand() says when the file is missing", () => {
  assertEquals(usageError("start"), '"start" needs a configuration file');
  assertEquals(usageError("check", "--json"), '"check" needs a configuration file');
  assertEquals(usageError("check", ""), '"check" needs a configuration file');
});

Deno.test("parseCommand() suggests the flag that was meant", () => {
  assertEquals(
    usageError("check", "a.cfg", "--jsn"),
    'unknown flag "--jsn"; did you mean "--json"?',
  );
  assertEquals(usageError("--verison"), 'unknown flag "--verison"; did you mean "--version"?');
  assertEquals(
    usageError("--hlep-config=1"),
    'unknown flag "--hlep-config=1"; did you mean "--help-config"?',
  );
  assertEquals(usageError("start", "a.cfg", "-x"), 'unknown flag "-x"');
});

Deno.test("parseCommand() refuses flags of another command", () => {
  assertEquals(usageError("start", "a.cfg", "--json"), 'unknown flag "--json"');
});

Deno.test("parseCommand() says where a flag belongs that stands elsewhere", () => {
  const follows = 'flag "--json" follows its command, as in "weir check --json"';
  assertEquals(usageError("--json", "check", "a.cfg"), follows);
  assertEquals(
    usageError("--limit=5", "sessions"),
    'flag "--limit" follows its command, as in "weir sessions --limit"',
  );
  assertEquals(
    usageError("check", "--version"),
    'flag "--version" is used without a command: "weir --version"',
  );
});

Deno.test("parseCommand() refuses a value for a flag that takes none", () => {
  assertEquals(
    usageError("check", "a.cfg", "--json=no"),
    'flag "--json" takes no value, found "--json=no"',
  );
});

Deno.test("parseCommand() refuses more than one file", () => {
  assertEquals(
    usageError("a.cfg", "b.cfg"),
    'unexpected argument "b.cfg": "start" takes one configuration file',
  );
});

Deno.test("parseCommand() suggests the command that was meant", () => {
  assertEquals(usageError("chekc", "a.cfg"), 'unknown command "chekc"; did you mean "check"?');
  assertEquals(usageError("help"), 'unknown command "help"; did you mean "--help"?');
  assertEquals(usageError("verison"), 'unknown command "verison"; did you mean "--version"?');
  assertEquals(
    usageError("frobnicate"),
    'unknown command "frobnicate", and there is no configuration file of that name',
  );
});

Deno.test("parseCommand() takes a file for a file, though its name is close to a command's", () => {
  const request = parseCommand(["chekc"], (path) => path === "chekc");
  assert(request.kind === "command");
  assertEquals([request.command.name, request.file], ["start", "chekc"]);
  assertEquals(parsedCommand("./chekc").file, "./chekc");
});

Deno.test("parseCommand() names the command whose help says more", () => {
  assertEquals(assertThrows(() => parse("check"), UsageError).command, "check");
  assertEquals(assertThrows(() => parse("chekc"), UsageError).command, "");
});

Deno.test("parseCommand() does not let control characters reach the terminal", () => {
  assert(!usageError("check", "a.cfg", "--\x1b[31m").includes("\x1b"));
});
