import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../../../lib/cli/command_line/command_table.ts";
import {
  formatCommandHelp,
  formatHelp,
  GLOBAL_FLAGS,
} from "../../../../lib/cli/command_line/help.ts";

Deno.test("formatHelp() lists every command and every flag", () => {
  const help = formatHelp();
  for (const { usage, summary } of COMMANDS) {
    assertStringIncludes(help, `weir ${usage}`);
    assertStringIncludes(help, summary);
  }
  for (const { name } of GLOBAL_FLAGS) assertStringIncludes(help, `--${name}`);
});

Deno.test("formatCommandHelp() lists the command's own flags", () => {
  for (const command of COMMANDS) {
    const help = formatCommandHelp(command);
    assertStringIncludes(help, `weir ${command.usage}`);
    for (const { name } of [...command.flags, { name: "help" }]) {
      assertStringIncludes(help, `--${name}`);
    }
  }
});

Deno.test("formatHelp() and formatCommandHelp() fit into 100 columns and end with a line break", () => {
  for (const help of [formatHelp(), ...COMMANDS.map(formatCommandHelp)]) {
    assertEquals(help.split("\n").filter((line) => line.length > 100), []);
    assert(help.endsWith("\n") && !help.endsWith("\n\n"));
  }
});

Deno.test("COMMANDS loads the code of every command", async () => {
  for (const command of COMMANDS) assertEquals(typeof await command.load(), "function");
});
