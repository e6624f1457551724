import { createHash } from "node:crypto";

/** Bytes that look random and are the same for the same seed. */
export function seededBytes(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  // xorshift32 (George Marsaglia, 2003), which must not start from 0.
  let x = Math.imul(seed + 1, 0x9e3779b1) | 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** The SHA-256 of bytes that come in pieces, in hexadecimal. */
export class Digest {
  readonly #hash = createHash("sha256");
  length = 0;

  update(bytes: Uint8Array): void {
    this.length += bytes.length;
    this.#hash.update(bytes);
  }

  hex(): string {
    return this.#hash.digest("hex");
  }
}

/** The SHA-256 of the bytes, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  const digest = new Digest();
  digest.update(bytes);
  return digest.hex();
}
