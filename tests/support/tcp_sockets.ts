/** A TCP socket over IPv4, as the kernel lists it (Linux). */
export interface TcpSocket {
  readonly localPort: number;
  readonly remotePort: number;
  /** As in the kernel's `tcp_states.h`, such as 1 for ESTABLISHED. */
  readonly state: number;
}

/** The TCP sockets that some process has open: those that only the kernel remembers are left out. */
export function listTcpSockets(): TcpSocket[] {
  const [, ...lines] = Deno.readTextFileSync("/proc/net/tcp").trimEnd().split("\n");
  return lines.map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[9] !== "0")
    .map(([, local = "", remote = "", state = ""]) => ({
      localPort: portOf(local),
      remotePort: portOf(remote),
      state: parseInt(state, 16),
    }));
}

function portOf(address: string): number {
  return parseInt(address.slice(address.indexOf(":") + 1), 16);
}
