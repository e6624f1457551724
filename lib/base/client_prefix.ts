/** How many leading bits of an address identify a client. */
export interface PrefixLengths {
  /** 0 to 32. */
  readonly v4: number;
  /** 0 to 128. */
  readonly v6: number;
}

/**
 * A single IPv4 address, and the IPv6 network that a provider assigns to a household or a machine.
 */
export const DEFAULT_PREFIX_LENGTHS: PrefixLengths = { v4: 32, v6: 64 };

/** The smallest key of an IPv6 address: see `addressKeyOfText`. */
const FIRST_IPV6_KEY = 1n << 128n;

/**
 * The client that an address belongs to: its key with the bits after the prefix set to 0.
 *
 * @param key as returned by `addressKeyOfText` or `addressKeyOfBytes`
 */
export function clientPrefix(key: bigint, { v4, v6 }: PrefixLengths): bigint {
  const dropped = BigInt(key < FIRST_IPV6_KEY ? 32 - v4 : 128 - v6);
  return key >> dropped << dropped;
}
