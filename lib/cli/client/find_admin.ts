import { isHostName } from "../../base/address.ts";
import { type BoundAddress, parseAdminAddress } from "../../config/admin_address.ts";
import { loadSettings } from "../../config/load_settings.ts";
import { quote } from "../../config/quote.ts";
import { explainReadError } from "../../config/read_error.ts";
import type { Settings } from "../../config/settings.ts";
import { readTokenFile } from "../../config/token_file.ts";
import type { CommandInputs } from "../command.ts";
import { detectEnvironment } from "../environment.ts";
import { UsageError } from "../exit_status.ts";
import { reportDiagnostics } from "../output/report_diagnostics.ts";
import { requireFile } from "../require_file.ts";
import { AdminClient } from "./admin_client.ts";

const DEFAULT_ADDRESS: BoundAddress = {
  kind: "tcp",
  address: { hostname: "127.0.0.1", port: 24000 },
};

/** A wildcard address in a configuration is reached at loopback. */
const LOOPBACK_OF: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/**
 * Creates a client for the Weir that a command line refers to: the address in `word`, if there is
 * one, else `--admin`, else the address in the file of `--config`, else 127.0.0.1:24000.
 *
 * @throws {UsageError} for an invalid address, and for files that cannot be used
 */
export async function findAdmin(inputs: CommandInputs, word?: string): Promise<AdminClient> {
  const { values } = inputs;
  const config = values.get("config");
  const settings = config === undefined ? undefined : await readConfig(config, inputs);
  const written = word ?? values.get("admin");
  const address = written !== undefined
    ? parseAddress(written)
    : settings === undefined
    ? DEFAULT_ADDRESS
    : configuredAddress(settings);
  const tokenFile = values.get("token-file") ?? settings?.adminTokenFile ?? "";
  return new AdminClient(address, tokenFile === "" ? "" : await readToken(tokenFile));
}

function parseAddress(text: string): BoundAddress {
  const bare = text.replace(/^http:\/\//, "").replace(/(?<=.)\/$/, "");
  const address = parseAdminAddress(bare);
  if (address !== undefined && address.kind !== "off") return reachable(address);
  const [, hostname = "", port = ""] = /^([^:/]+):(\d{1,5})$/.exec(bare) ?? [];
  if (isHostName(hostname) && Number(port) >= 1 && Number(port) <= 65535) {
    return { kind: "tcp", address: { hostname, port: Number(port) } };
  }
  throw new UsageError(
    `${
      quote(text)
    } is not an address of Weir: expected "127.0.0.1:24000", "[::1]:24000", or the path ` +
      'of a Unix socket such as "/run/weir.sock"',
  );
}

async function readConfig(file: string, { terminal }: CommandInputs): Promise<Settings> {
  await requireFile(file);
  const { settings, diagnostics } = await loadSettings(file, detectEnvironment(), {
    // The user of a command need not have the rights of the user that runs Weir.
    checksFiles: false,
  });
  if (settings !== undefined) return settings;
  reportDiagnostics(diagnostics, terminal, "the file cannot be used");
  throw new UsageError(`cannot read the address of Weir from ${quote(file)}`);
}

function configuredAddress({ admin, file }: Settings): BoundAddress {
  const address = parseAdminAddress(admin);
  if (address === undefined || address.kind === "off") {
    throw new UsageError(`${quote(file)} has no "admin" address: this Weir has no admin API`);
  }
  return reachable(address);
}

function reachable(address: BoundAddress): BoundAddress {
  if (address.kind !== "tcp") return address;
  const { hostname, port } = address.address;
  return { kind: "tcp", address: { hostname: LOOPBACK_OF[hostname] ?? hostname, port } };
}

/** Reads the first token that grants all rights, or else the first token. */
async function readToken(file: string): Promise<string> {
  await requireFile(file);
  try {
    const tokens = await readTokenFile(file);
    const token = tokens.find(({ isReader }) => !isReader) ?? tokens[0];
    return token?.text ?? "";
  } catch (error) {
    throw new UsageError(`cannot use ${quote(file)}: ${explainReadError(error, file)}`);
  }
}
