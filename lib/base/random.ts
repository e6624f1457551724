/**
 * A small, fast source of random numbers for balancing; not for secrets.
 *
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, a period of at least
 * 2^32. A seed yields the same numbers on every machine.
 */
export class Random {
  // A typed array keeps V8 from boxing the 32-bit state as heap numbers.
  readonly #state: Int32Array;

  private constructor(a: number, b: number, c: number) {
    this.#state = Int32Array.of(a, b, c, 1);
    // The first outputs still resemble the seed.
    for (let round = 0; round < 15; round += 1) this.next();
  }

  /**
   * Starts from a seed, of which the lower 53 bits are used; the same seed yields the same numbers.
   */
  static fromSeed(seed: number): Random {
    return new Random(0, Math.floor(seed / 2 ** 32), seed);
  }

  /** Starts from the operating system's entropy. */
  static fromEntropy(): Random {
    const [a, b, c] = crypto.getRandomValues(new Int32Array(3));
    return new Random(a as number, b as number, c as number);
  }

  /**
   * The next number, uniform in [0, 1) in steps of 2^-32. Bound, so it can be passed as a function.
   */
  readonly next = (): number => {
    const state = this.#state;
    const a = state[0] as number;
    const b = state[1] as number;
    const c = state[2] as number;
    const counter = state[3] as number;
    const sum = (((a + b) | 0) + counter) | 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
}
