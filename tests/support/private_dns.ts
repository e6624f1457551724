/** DNS as one process sees it, for tests of how Weir handles real answers. */
import { messageOf } from "../../lib/base/message_of.ts";
import { DnsStub } from "./dns_stub.ts";
import { missingPermissions, permittedTest } from "./permitted.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
/** The port that a resolv.conf cannot change. */
const DNS_PORT = 53;
/** A private mount namespace: what is mounted there is invisible elsewhere. */
const UNSHARE = ["unshare", "--mount", "--propagation", "private", "sh", "-c"] as const;
/** Takes two files, and then the command to run. */
const MOUNT = 'mount --bind "$1" /etc/resolv.conf && ' +
  '{ [ ! -e /etc/nsswitch.conf ] || mount --bind "$2" /etc/nsswitch.conf; } && shift 2 && exec "$@"';
/** Uses only the hosts file and DNS, even on machines with another kind of resolver. */
const NAME_SERVICES = "hosts: files dns\n";

/** A DNS server, and how to start a process that queries it. Use it with `await using`. */
export class PrivateDns extends DnsStub {
  readonly #folder: string;

  private constructor(hostname: string, folder: string) {
    super({ hostname, port: DNS_PORT });
    this.#folder = folder;
  }

  /** @param options lines of the resolv.conf, see resolv.conf(5) */
  static async open(options = ""): Promise<PrivateDns> {
    const hostname = anyLoopbackAddress();
    const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
    await Deno.writeTextFile(`${folder}/resolv.conf`, `nameserver ${hostname}\n${options}\n`);
    await Deno.writeTextFile(`${folder}/nsswitch.conf`, NAME_SERVICES);
    return new PrivateDns(hostname, folder);
  }

  /** The prefix of a command that is to query this DNS server. */
  get wrapper(): readonly string[] {
    return wrapperOf(`${this.#folder}/resolv.conf`, `${this.#folder}/nsswitch.conf`);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function wrapperOf(resolvConf: string, nsswitchConf: string): readonly string[] {
  return [...UNSHARE, MOUNT, "sh", resolvConf, nsswitchConf];
}

// Other test runs on this machine may have theirs at the same time.
function anyLoopbackAddress(): string {
  const [high, low] = crypto.getRandomValues(new Uint8Array(2));
  return `127.53.${high}.${low}`;
}

/** Registers a test that runs processes with a private DNS, or an ignored one that says why. */
export function privateDnsTest(name: string, fn: () => Promise<void>): void {
  if (obstacle === undefined) permittedTest(NEEDS, name, fn);
  else Deno.test({ name: `${name} (ignored: ${obstacle})`, ignore: true, fn });
}

/** Returns why no process can have a private DNS here. */
function findObstacle(): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux";
  try {
    Deno.listenDatagram({ transport: "udp", hostname: anyLoopbackAddress(), port: DNS_PORT })
      .close();
  } catch (error) {
    return `needs port ${DNS_PORT}: ${messageOf(error)}`;
  }
  const [command = "", ...args] = [...wrapperOf("/dev/null", "/dev/null"), "true"];
  try {
    const { success, stderr } = new Deno.Command(command, { args, stdout: "null" }).outputSync();
    const [said = ""] = new TextDecoder().decode(stderr).split("\n");
    return success ? undefined : `needs a mount namespace: ${said}`;
  } catch (error) {
    return `needs ${command}: ${messageOf(error)}`;
  }
}

const obstacle = missingPermissions(NEEDS).length > 0 ? undefined : findObstacle();
