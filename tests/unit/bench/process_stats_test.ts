import { assertEquals, assertGreater } from "@std/assert";
import {
  memoryKib,
  processorTime,
  processorTimeBetween,
  processTree,
} from "../../bench/process_stats.ts";
import { permittedTest } from "../../support/permitted.ts";

const LINUX = Deno.build.os === "linux";

Deno.test("processorTimeBetween() takes the finer clock where both agree", () => {
  const before = { taskNs: 1_000_000, tickNs: 0 };
  assertEquals(
    processorTimeBetween(before, { taskNs: 16_500_000, tickNs: 20_000_000 }),
    15_500_000,
  );
});

Deno.test("processorTimeBetween() takes the other where a thread ended and took its count", () => {
  const before = { taskNs: 900_000_000, tickNs: 900_000_000 };
  const after = { taskNs: 400_000_000, tickNs: 1_500_000_000 };
  assertEquals(processorTimeBetween(before, after), 600_000_000);
});

if (LINUX) {
  permittedTest(["read"], "processorTime() rises while this process works", () => {
    const before = processorTime([Deno.pid]);
    let time = before;
    while (time.tickNs < before.tickNs + 50_000_000) time = processorTime([Deno.pid]);
    assertGreater(processorTimeBetween(before, time), 0);
  });

  permittedTest(["read"], "memoryKib() of this process is at least a mebibyte", () => {
    assertGreater(memoryKib([Deno.pid]), 1024);
  });

  permittedTest(["read", "run"], "processTree() finds the children of a process", async () => {
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", 'sleep 60 & echo "$!"; read -r _; kill "$!"'],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    try {
      const { value } = await reader.read();
      const sleeper = Number(new TextDecoder().decode(value));
      assertEquals(processTree(child.pid), [child.pid, sleeper]);
    } finally {
      await child.stdin.close();
      await child.status;
      await reader.cancel();
    }
  });
}
