// What one pick costs, by algorithm and number of backends: deno bench tests/bench/pick_bench.ts
import { ALGORITHMS } from "../../lib/balance/registry.ts";
import { ALGORITHM_NAMES } from "../../lib/config/settings.ts";
import { Random } from "../../lib/base/random.ts";

for (const backends of [3, 100, 1_000]) {
  const { next } = Random.fromSeed(1);
  const cells = new Int32Array(new SharedArrayBuffer(4 * (backends + 1)));
  const candidates = Array.from({ length: backends }, (_, index) => ({
    index,
    id: `10.0.${index >> 8}.${index & 255}:8080`,
    weight: 1 + index % 5,
  }));
  const eligible = { has: (index: number) => Atomics.load(cells, index) < 1_000 };
  for (const name of ALGORITHM_NAMES) {
    const algorithm = ALGORITHMS[name]({
      poolSize: backends,
      load: {
        active: (index) => Atomics.load(cells, index),
        connectTimeMs: () => 1,
        firstByteTimeMs: () => 1,
        lastFirstByteTimeMs: () => 1,
      },
      cursor: { next: () => Atomics.add(cells, backends, 1) >>> 0 },
      random: next,
    });
    algorithm.rebuild(candidates);
    const client = { addressHash: 0 };
    Deno.bench({
      name: `pick ${name}`,
      group: `${backends} backends`,
      fn() {
        client.addressHash = (client.addressHash + 1) >>> 0;
        algorithm.pick(client, eligible);
      },
    });
  }
}
