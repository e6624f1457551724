/**
 * What happens when outgoing connections run out of ports, or are assigned the port that they lead
 * to.
 */
import { assertEquals } from "@std/assert";
import { ENGINES_UNDER_TEST } from "../support/engines_under_test.ts";
import { FIRST_PORT, PORT_TESTS } from "../support/few_ports_main.ts";
import { missingPermissions, permittedTest } from "../support/permitted.ts";

const MAIN = new URL("../support/few_ports_main.ts", import.meta.url);
/**
 * Runs in a network namespace that ends with it. Arguments: the last port, and then the command to
 * run.
 */
const IN_NAMESPACE = `ip link set lo up && echo "${FIRST_PORT} $1" > ` +
  '/proc/sys/net/ipv4/ip_local_port_range && shift && exec "$@"';

const TITLES: Readonly<Record<string, string>> = {
  exhausted: "goes on to another backend where there is no port left, and blames nobody",
  checked: "checks a backend in vain by a connection that leads to itself",
  sources: "has all ports from every source_address to every backend",
  self: "takes a connection that leads to itself for a refused one",
};

const obstacle = findObstacle();

for (const { name: engine, obstacle: engineObstacle } of ENGINES_UNDER_TEST) {
  for (const [name, { ports, engines }] of Object.entries(PORT_TESTS)) {
    if (engines?.includes(engine) === false) continue;
    const title = `${engine} ${TITLES[name]}`;
    const reason = engineObstacle ?? obstacle;
    if (reason !== undefined) {
      Deno.test({ name: `${title} (ignored: ${reason})`, ignore: true, fn: () => {} });
      continue;
    }
    permittedTest(["all"], title, async () => {
      const program = [Deno.execPath(), "run", "--no-check", "--allow-all", MAIN.pathname];
      const { success, stdout, stderr } = await inNamespace([...program, name, engine], ports);
      const decoder = new TextDecoder();
      assertEquals(success, true, decoder.decode(stdout) + decoder.decode(stderr));
    });
  }
}

function inNamespace(command: readonly string[], ports: number): Promise<Deno.CommandOutput> {
  const lastPort = String(FIRST_PORT + ports - 1);
  const args = ["--net", "sh", "-c", IN_NAMESPACE, "sh", lastPort, ...command];
  return new Deno.Command("unshare", { args }).output();
}

function findObstacle(): string | undefined {
  if (missingPermissions(["all"]).length > 0) return "needs --allow-all";
  try {
    const args = ["--net", "sh", "-c", IN_NAMESPACE, "sh", String(FIRST_PORT), "true"];
    const { success } = new Deno.Command("unshare", { args, stderr: "null" }).outputSync();
    return success ? undefined : "needs a network namespace";
  } catch {
    return "needs unshare of util-linux";
  }
}
