import { type Address, formatAddress } from "../base/address.ts";
import { messageOf } from "../base/message_of.ts";
import { DemoBackend } from "./demo_backend.ts";
import type { SharedFolder } from "./shared_folder.ts";

/**
 * Starts a backend on every address.
 *
 * @throws {Error} that names the address that could not be bound; no backend is left running then
 */
export async function startBackends(
  addresses: readonly Address[],
  folder: SharedFolder,
): Promise<DemoBackend[]> {
  const backends: DemoBackend[] = [];
  for (const address of addresses) {
    try {
      backends.push(DemoBackend.listen(address, folder));
    } catch (cause) {
      await closeBackends(backends);
      const what = `cannot start the backend ${formatAddress(address)}`;
      throw new Error(`${what}: ${messageOf(cause)}`, { cause });
    }
  }
  return backends;
}

/** Closes backends and their connections. */
export async function closeBackends(backends: readonly DemoBackend[]): Promise<void> {
  await Promise.all(backends.map((backend) => backend.close()));
}
