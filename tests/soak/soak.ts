/** The long run: `deno task soak --help`. */
import { mebibytes } from "./find_defects.ts";
import { parseSoakOptions, USAGE } from "./options.ts";
import { runSoak, type SoakResult } from "./run_soak.ts";

const encoder = new TextEncoder();

async function print(text: string): Promise<void> {
  await Deno.stdout.write(encoder.encode(`${text}\n`));
}

function report({ engine, clients, events, ...result }: SoakResult): string {
  const { residentBytes, sockets, explained, defects } = result;
  const step = Math.max(1, Math.floor(residentBytes.length / 10));
  const memory = residentBytes.filter((_, index) => index % step === 0).map(mebibytes);
  return [
    `${engine}: ${defects.length === 0 ? "no defects" : `${defects.length} defects`}`,
    `  clients   ${countsOf(clients)}`,
    `  events    ${countsOf(events)}`,
    `  explained ${explained} clients failed because their backend was killed`,
    `  sockets   ${sockets[0]} before, ${sockets[1]} after`,
    `  memory    ${memory.join(", ")}`,
    ...defects.map((defect) => `  DEFECT    ${defect}`),
  ].join("\n");
}

function countsOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(", ");
}

if (import.meta.main) {
  const options = parseSoakOptions(Deno.args);
  if (options === undefined) await print(USAGE);
  for (const engine of options?.engines ?? []) {
    const { minutes = 0, seed = 0, rate = 0 } = options ?? {};
    const result = await runSoak({ engine, seconds: 60 * minutes, seed, rate });
    await print(report(result));
    if (result.defects.length > 0) Deno.exitCode = 1;
  }
}
