import type { Entry } from "./command.ts";
import { formatCommandHelp, formatHelp } from "./command_line/help.ts";
import { parseCommand } from "./command_line/parse_command.ts";
import { EXIT_STATUS, OutputError, UsageError } from "./exit_status.ts";
import { systemTerminal, type Terminal } from "./output/terminal.ts";
import { formatVersion } from "./version.ts";

/**
 * Runs the command that the arguments request and returns the exit status of the process: 0 on
 * success, 1 if it failed while running, 2 for wrong usage or an invalid configuration, 3 if the
 * running Weir that a command needs cannot be reached.
 */
export async function run(
  args: readonly string[],
  entry: Entry,
  terminal: Terminal = systemTerminal(),
): Promise<number> {
  try {
    return await dispatch(args, entry, terminal);
  } catch (error) {
    if (error instanceof OutputError) {
      terminal.printError(`weir: ${error.message}\n`);
      return EXIT_STATUS.failed;
    }
    if (!(error instanceof UsageError)) throw error;
    const help = ["weir", error.command, "--help"].filter((word) => word !== "").join(" ");
    terminal.printError(`weir: ${error.message}\nrun "${help}" for usage\n`);
    return EXIT_STATUS.wrongUsage;
  }
}

async function dispatch(
  args: readonly string[],
  entry: Entry,
  terminal: Terminal,
): Promise<number> {
  const request = parseCommand(args, fileExists);
  switch (request.kind) {
    case "help":
      terminal.print(formatHelp());
      return EXIT_STATUS.done;
    case "help-config": {
      const { formatReference } = await import("../config/reference.ts");
      terminal.print(`${formatReference()}\n`);
      return EXIT_STATUS.done;
    }
    case "version":
      terminal.print(formatVersion());
      return EXIT_STATUS.done;
    case "command help":
      terminal.print(formatCommandHelp(request.command));
      return EXIT_STATUS.done;
    case "command": {
      const body = await request.command.load();
      const { file, operands, flags, values } = request;
      return await body({ file, operands, flags, values, entry, terminal });
    }
  }
}

function fileExists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    // Without the permission to check, the word is treated as a file: reading it reports what is
    // wrong.
    return !(error instanceof Deno.errors.NotFound);
  }
}
