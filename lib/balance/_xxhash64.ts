const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;
const PRIME_5 = 0x27d4eb2f165667c5n;

/**
 * The 64-bit xxHash of some bytes (Yann Collet, the XXH64 specification). Big integers make it slow
 * (some microseconds for a short name): it is for rebuilding tables, not for the path of a session.
 *
 * @param seed an unsigned 64-bit integer
 */
export function xxHash64(bytes: Uint8Array, seed = 0n): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length;
  let at = 0;
  let hash = u64(seed + PRIME_5);
  if (length >= 32) {
    const lanes = [u64(seed + PRIME_1 + PRIME_2), u64(seed + PRIME_2), seed, u64(seed - PRIME_1)];
    for (; at + 32 <= length; at += 32) {
      for (let lane = 0; lane < 4; lane += 1) {
        lanes[lane] = round(lanes[lane] as bigint, view.getBigUint64(at + 8 * lane, true));
      }
    }
    const [a, b, c, d] = lanes as [bigint, bigint, bigint, bigint];
    hash = u64(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n));
    for (const lane of lanes) hash = u64((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4);
  }
  hash = u64(hash + BigInt(length));
  for (; at + 8 <= length; at += 8) {
    const mixed = hash ^ round(0n, view.getBigUint64(at, true));
    hash = u64(rotate(mixed, 27n) * PRIME_1 + PRIME_4);
  }
  if (at + 4 <= length) {
    const mixed = hash ^ u64(BigInt(view.getUint32(at, true)) * PRIME_1);
    hash = u64(rotate(mixed, 23n) * PRIME_2 + PRIME_3);
    at += 4;
  }
  for (; at < length; at += 1) {
    const mixed = hash ^ u64(BigInt(view.getUint8(at)) * PRIME_5);
    hash = u64(rotate(mixed, 11n) * PRIME_1);
  }
  hash = u64((hash ^ (hash >> 33n)) * PRIME_2);
  hash = u64((hash ^ (hash >> 29n)) * PRIME_3);
  return hash ^ (hash >> 32n);
}

function round(lane: bigint, input: bigint): bigint {
  return u64(rotate(u64(lane + input * PRIME_2), 31n) * PRIME_1);
}

function rotate(value: bigint, bits: bigint): bigint {
  return u64(value << bits) | (value >> (64n - bits));
}

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
