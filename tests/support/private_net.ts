/** A network of its own, for tests that change what is the system's. */
import { missingPermissions, permittedTest } from "./permitted.ts";
import { within } from "./patience.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
/** Takes the lowest and the highest port for outgoing connections, and then the command to run. */
const SET_UP = "ip link set lo up && " +
  'echo "$1 $2" > /proc/sys/net/ipv4/ip_local_port_range && shift 2 && exec "$@"';

/** What is particular about a {@linkcode PrivateNet}. */
export interface PrivateNetOptions {
  /** The lowest and the highest port that an outgoing connection may get. */
  readonly outgoingPorts: readonly [number, number];
}

/**
 * A network namespace with a loopback device and nothing else, and how to start processes in it. Use
 * it with `await using`.
 */
export class PrivateNet implements AsyncDisposable {
  readonly #keeper: Deno.ChildProcess;

  private constructor(keeper: Deno.ChildProcess) {
    this.#keeper = keeper;
  }

  static async open(options: PrivateNetOptions): Promise<PrivateNet> {
    const [command = "", ...args] = commandOf(options, ["sh", "-c", "echo; exec sleep infinity"]);
    const keeper = new Deno.Command(command, {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = keeper.stdout.getReader();
    await within("the network namespace", reader.read());
    await reader.cancel();
    return new PrivateNet(keeper);
  }

  /** What goes before a command that is to run in this network. */
  get wrapper(): readonly string[] {
    return ["nsenter", `--net=/proc/${this.#keeper.pid}/ns/net`];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keeper.kill("SIGKILL");
    await this.#keeper.status;
  }
}

/** Registers a test that gives processes a network of their own, or one that is ignored and says why. */
export function privateNetTest(name: string, fn: () => Promise<void>): void {
  if (obstacle === undefined) permittedTest(NEEDS, name, fn);
  else Deno.test({ name: `${name} (ignored: ${obstacle})`, ignore: true, fn: () => {} });
}

function commandOf(
  { outgoingPorts }: PrivateNetOptions,
  command: readonly string[],
): readonly string[] {
  return ["unshare", "--net", "sh", "-c", SET_UP, "sh", ...outgoingPorts.map(String), ...command];
}

/** Tells why no process can have a network of its own here. */
function findObstacle(): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux";
  const command = commandOf({ outgoingPorts: [40_000, 40_007] }, ["nsenter", "--version"]);
  try {
    const { success, stderr } = new Deno.Command(command[0] as string, {
      args: command.slice(1),
      stdout: "null",
    }).outputSync();
    const [said = ""] = new TextDecoder().decode(stderr).split("\n");
    return success ? undefined : `needs a network namespace: ${said}`;
  } catch (error) {
    return `needs unshare: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const obstacle = missingPermissions(NEEDS).length > 0 ? undefined : findObstacle();
