// The load generator: reads one order per line, answers each with one outcome per line, and ends
// when its standard input ends.
import { Generator } from "./generator.ts";
import { readLines } from "./read_lines.ts";
import type { Order } from "./wire.ts";

const generator = new Generator();
const encoder = new TextEncoder();
for await (const line of readLines(Deno.stdin.readable)) {
  const outcome = await generator.run(JSON.parse(line) as Order);
  await Deno.stdout.write(encoder.encode(`${JSON.stringify(outcome)}\n`));
}
await generator.run({ kind: "release" });
