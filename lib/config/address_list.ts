import { canonicalHost, isIpAddress } from "../base/address.ts";
import { quote } from "./quote.ts";
import type { ParsedValue, ValueType } from "./value_type.ts";

/** The most addresses in a list. */
const MOST_ADDRESSES = 64;
/** No address is longer; longer text is not examined. */
const LONGEST_ADDRESS = 64;
/** Stands for an empty list. */
const NONE = "auto";
const ALLOWED = `${NONE}, or up to ${MOST_ADDRESSES} IP addresses, separated by commas`;

/**
 * Lists of different IP addresses in canonical form, without zones or wildcards; `auto` is the empty
 * list.
 */
export function addressList(): ValueType<readonly string[]> {
  return {
    kind: "addresses",
    allowed: ALLOWED,
    parse(text): ParsedValue<readonly string[]> {
      if (text === NONE) return { ok: true, value: [] };
      const items = text.split(",").map((item) => item.trim().replace(/^\[(.*)\]$/, "$1"));
      const problem = items.length > MOST_ADDRESSES
        ? `has more than ${MOST_ADDRESSES} addresses`
        : items.map(findProblem).find((each) => each !== undefined);
      if (problem !== undefined) return { ok: false, problem };
      const addresses = items.map(canonicalHost);
      const twice = addresses.find((address, index) => addresses.indexOf(address) !== index);
      return twice === undefined
        ? { ok: true, value: addresses }
        : { ok: false, problem: `has the address ${quote(twice)} twice` };
    },
    format: (addresses) => addresses.length === 0 ? NONE : addresses.join(", "),
  };
}

function findProblem(item: string): string | undefined {
  if (item === "") return `is not a list of addresses: expected ${ALLOWED}`;
  const isShort = item.length <= LONGEST_ADDRESS;
  if (!isShort || item.includes("%") || !isIpAddress(item)) {
    return `has ${quote(item)}, which is not an IP address without a zone: expected ${ALLOWED}`;
  }
  return ["0.0.0.0", "::"].includes(canonicalHost(item))
    ? `has ${quote(item)}, which is not the address of a machine`
    : undefined;
}
