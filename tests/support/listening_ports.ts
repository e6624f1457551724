/** As in the kernel's `tcp_states.h`. */
const LISTEN = 0x0a;
const READ_BYTES = 64 * 1024;

/**
 * The ports on which sockets listen over IPv4, one entry per socket (Linux).
 *
 * The kernel lists these first. The rest is not read: after a test with many connections it is
 * megabytes of ones in TIME_WAIT.
 */
export function listeningPorts(): number[] {
  const ports: number[] = [];
  for (const line of readLines("/proc/net/tcp")) {
    const [, local = "", , state = ""] = line.trim().split(/\s+/);
    if (local === "local_address") continue;
    if (parseInt(state, 16) !== LISTEN) break;
    ports.push(parseInt(local.slice(local.indexOf(":") + 1), 16));
  }
  return ports;
}

function* readLines(path: string): Generator<string> {
  using file = Deno.openSync(path);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(READ_BYTES);
  let rest = "";
  for (let count = file.readSync(buffer); count !== null; count = file.readSync(buffer)) {
    const lines = (rest + decoder.decode(buffer.subarray(0, count))).split("\n");
    rest = lines.pop() as string;
    yield* lines;
  }
}
