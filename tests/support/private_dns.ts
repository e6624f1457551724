/** DNS as one process sees it, for tests of what Weir makes of the answers that it really gets. */
import { messageOf } from "../../lib/base/message_of.ts";
import { DnsStub } from "./dns_stub.ts";
import { missingPermissions, permittedTest } from "./permitted.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
/** The port that a resolv.conf cannot change. */
const DNS_PORT = 53;
/** A mount namespace of the command's own: what is mounted there, nobody else sees. */
const UNSHARE = ["unshare", "--mount", "--propagation", "private", "sh", "-c"] as const;
/** Takes two files, and then the command to run. */
const MOUNT = 'mount --bind "$1" /etc/resolv.conf && ' +
  '{ [ ! -e /etc/nsswitch.conf ] || mount --bind "$2" /etc/nsswitch.conf; } && shift 2 && exec "$@"';
/** Asks nothing but the hosts file and DNS, on machines too that have a resolver of another kind. */
const NAME_SERVICES = "hosts: files dns\n";

/** A DNS server, and how to start a process that asks it. Use it with `await using`. */
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

  /** What goes before a command that is to ask this DNS server. */
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

/** Registers a test that gives processes a DNS of their own, or one that is ignored and says why. */
export function privateDnsTest(name: string, fn: () => Promise<void>): void {
  if (obstacle === undefined) permittedTest(NEEDS, name, fn);
  else Deno.test({ name: `${name} (ignored: ${obstacle})`, ignore: true, fn });
}

/** Tells why no process can have a DNS of its own here. */
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
