import { assert } from "@std/assert";

/**
 * Sets both limits on the open files of a running process: `ulimit` would have to come before it.
 * Tests that use this are registered with `programTest("prlimit", …)`.
 */
export async function limitDescriptors(pid: number, limit: number): Promise<void> {
  const args = ["--pid", String(pid), `--nofile=${limit}:${limit}`];
  const { success, stderr } = await new Deno.Command("prlimit", { args }).output();
  assert(success, new TextDecoder().decode(stderr));
}
