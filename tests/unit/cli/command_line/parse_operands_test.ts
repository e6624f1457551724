import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseCommand } from "../../../../lib/cli/command_line/parse_command.ts";
import { UsageError } from "../../../../lib/cli/exit_status.ts";

interface Parsed {
  readonly operands: readonly string[];
  readonly flags: readonly string[];
  readonly values: readonly (readonly [string, string])[];
}

function parse(...args: string[]): Parsed {
  const request = parseCommand(args, () => false);
  assert(request.kind === "command");
  assertEquals(request.file, "");
  const { operands, flags, values } = request;
  return { operands, flags: [...flags], values: [...values] };
}

function usageError(...args: string[]): string {
  return assertThrows(() => parse(...args), UsageError).message;
}

Deno.test("parseCommand() takes the words of a command that needs no file", () => {
  assertEquals(parse("weight", "127.0.0.1:8080", "007").operands, ["127.0.0.1:8080", "007"]);
  assertEquals(parse("top").operands, []);
  assertEquals(parse("top", "[::1]:24000").operands, ["[::1]:24000"]);
});

Deno.test("parseCommand() takes values of flags in both ways of writing", () => {
  const expected = [["admin", "127.0.0.1:1"], ["token-file", "a b"]] as const;
  assertEquals(
    parse("status", "--admin", "127.0.0.1:1", "--json", "--token-file=a b"),
    { operands: [], flags: ["json"], values: expected },
  );
});

Deno.test("parseCommand() says which word is missing", () => {
  assertEquals(usageError("drain"), '"drain" needs a backend');
  assertEquals(usageError("weight", "a"), '"weight" needs a weight from 0 to 256');
});

Deno.test("parseCommand() refuses words that a command does not take", () => {
  assertEquals(
    usageError("drain", "a", "b"),
    'unexpected argument "b": "drain" takes only BACKEND',
  );
  assertEquals(usageError("reload", "x"), 'unexpected argument "x": "reload" takes none');
});

Deno.test("parseCommand() refuses a flag without its value", () => {
  const message = 'flag "--admin" needs a value: --admin ADDRESS';
  assertEquals(usageError("status", "--admin"), message);
  assertEquals(usageError("status", "--admin="), message);
  assertEquals(usageError("status", "--admin", "--json"), message);
});

Deno.test("parseCommand() suggests flags that have a value", () => {
  assertEquals(
    usageError("status", "--token-fil=x"),
    'unknown flag "--token-fil=x"; did you mean "--token-file"?',
  );
});
