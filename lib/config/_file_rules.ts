import type { OptionValues } from "./_options.ts";
import { findPathProblem } from "./_path_problem.ts";
import type { Sections } from "./_sections.ts";
import { parseAdminAddress } from "./admin_address.ts";
import { quote } from "./quote.ts";
import { explainReadError } from "./read_error.ts";
import type { Source, Token } from "./source.ts";
import { STANDARD_INPUT_NAME } from "./standard_input.ts";
import { readTokenFile } from "./token_file.ts";

/**
 * Reports the files named in the settings that cannot be used, as far as can be told without
 * changing anything: the access log, the token file, and the admin API's socket.
 *
 * @param uid the user whose rights count; absent if it is not known
 */
export async function checkFiles(
  sections: Sections,
  { global }: OptionValues,
  source: Source,
  uid: number | undefined,
): Promise<void> {
  const { accessLog = "off", admin = "off", adminTokenFile = "" } = global;
  const report = (key: string, consequence: string, problem: string | undefined): void => {
    const value = valueOf(key, sections);
    if (problem === undefined || value === undefined) return;
    source.error(value, `${key} ${quote(value.text)} cannot be ${consequence}: ${problem}`);
  };
  if (accessLog !== "off" && accessLog !== "-") {
    report("access_log", "written", await findPathProblem(accessLog, unfitAsLog, uid));
  }
  if (source.file === STANDARD_INPUT_NAME && global.watch === true) {
    const value = valueOf("watch", sections);
    const reason = "standard input can be read only once";
    if (value !== undefined) source.warning(value, `watch has no effect: ${reason}`);
  }
  const address = parseAdminAddress(admin);
  if (address === undefined || address.kind === "off") return;
  if (address.kind === "unix") {
    report("admin", "bound", await findPathProblem(address.path, unfitAsSocket, uid));
  }
  if (adminTokenFile !== "") {
    report("admin_token_file", "used", await findTokenProblem(adminTokenFile));
  }
}

/** Opening a named pipe for writing blocks the whole thread until it has a reader. */
function unfitAsLog(info: Deno.FileInfo): string | undefined {
  if (info.isDirectory) return "it is a folder";
  if (info.isFifo === true) return "it is a named pipe";
  return info.isSocket === true ? "it is a socket" : undefined;
}

function unfitAsSocket(info: Deno.FileInfo): string | undefined {
  return info.isSocket === true ? undefined : "it exists and is not a socket";
}

async function findTokenProblem(path: string): Promise<string | undefined> {
  try {
    await readTokenFile(path);
    return undefined;
  } catch (error) {
    return explainReadError(error, path);
  }
}

/** The value of a key in `[options]`, with its position. */
function valueOf(name: string, { options }: Sections): Token | undefined {
  return options.flatMap(({ entries }) => entries).find(({ key }) => key.text === name)?.value[0];
}
