// Only one address is parsed at a time, so one buffer is enough, and nothing is allocated per
// client.
const groups = new Uint16Array(8);

/**
 * A 32-bit hash of an IP address in text form, equal to what {@linkcode hashAddressBytes} returns
 * for its bytes. An IPv4-mapped IPv6 address hashes as its IPv4 address, and a zone (`%eth0`) is
 * ignored. Anything that is not an IP address is hashed as text.
 */
export function hashAddressText(text: string): number {
  const zone = text.indexOf("%");
  const end = zone < 0 ? text.length : zone;
  if (text.indexOf(":") < 0) {
    const ipv4 = zone < 0 ? parseIpv4(text, 0, end) : -1;
    return ipv4 < 0 ? hashText(text) : hashIpv4(ipv4);
  }
  return parseIpv6(text, end) ? hashGroups() : hashText(text);
}

/**
 * A 32-bit hash of an IP address in network byte order.
 *
 * @param bytes 4 bytes for IPv4, 16 for IPv6
 * @throws {RangeError} for any other length
 */
export function hashAddressBytes(bytes: Uint8Array): number {
  if (bytes.length === 4) return hashIpv4(word(bytes, 0) * 65536 + word(bytes, 2));
  if (bytes.length !== 16) {
    throw new RangeError(
      `Cannot hash an address of "${bytes.length}" bytes: it must have 4 bytes or 16`,
    );
  }
  for (let group = 0; group < 8; group += 1) groups[group] = word(bytes, 2 * group);
  return hashGroups();
}

/** Spreads a 32-bit number over all 32 bits, one to one: the finalizer of MurmurHash3. */
export function mix32(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) * 256 + (bytes[at + 1] as number);
}

function hashIpv4(address: number): number {
  return mix32(address ^ 0x9e3779b9);
}

function hashGroups(): number {
  let anyOfFirst = 0;
  for (let group = 0; group < 5; group += 1) anyOfFirst |= groups[group] as number;
  const last = (groups[6] as number) * 65536 + (groups[7] as number);
  if (anyOfFirst === 0 && groups[5] === 0xffff) return hashIpv4(last);
  let hash = 0x3c6ef372;
  for (let group = 0; group < 8; group += 2) {
    hash = mix32(hash ^ ((groups[group] as number) * 65536 + (groups[group + 1] as number)));
  }
  return hash;
}

function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return mix32(hash);
}

/** The address as an unsigned 32-bit integer, or -1 if the text is not four decimal numbers. */
function parseIpv4(text: string, start: number, end: number): number {
  let address = 0;
  let part = -1;
  let dots = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 46) {
      if (part < 0) return -1;
      address = address * 256 + part;
      part = -1;
      dots += 1;
    } else if (code >= 48 && code <= 57) {
      // Some parsers read a leading zero as octal, so it is not accepted here.
      if (part === 0) return -1;
      part = Math.max(part, 0) * 10 + code - 48;
      if (part > 255) return -1;
    } else {
      return -1;
    }
  }
  return dots === 3 && part >= 0 ? address * 256 + part : -1;
}

/** Reads the address into `groups`; returns false if the text is not an IPv6 address. */
function parseIpv6(text: string, end: number): boolean {
  let count = 0;
  let gapAt = -1;
  let at = 0;
  if (text.startsWith("::")) {
    gapAt = 0;
    at = 2;
  }
  while (at < end) {
    const groupStart = at;
    let value = 0;
    let digit = hexDigit(text.charCodeAt(at));
    while (at < end && digit >= 0) {
      value = value * 16 + digit;
      at += 1;
      digit = hexDigit(text.charCodeAt(at));
    }
    if (at < end && text.charCodeAt(at) === 46) {
      const ipv4 = parseIpv4(text, groupStart, end);
      if (ipv4 < 0 || count > 6) return false;
      groups[count] = ipv4 >>> 16;
      groups[count + 1] = ipv4 & 0xffff;
      return fillGap(count + 2, gapAt);
    }
    if (at === groupStart || at - groupStart > 4 || count === 8) return false;
    groups[count] = value;
    count += 1;
    if (at === end) break;
    if (text.charCodeAt(at) !== 58) return false;
    at += 1;
    if (at < end && text.charCodeAt(at) === 58) {
      if (gapAt >= 0) return false;
      gapAt = count;
      at += 1;
    } else if (at === end) {
      return false;
    }
  }
  return fillGap(count, gapAt);
}

/** Inserts the zeros that `::` stands for. */
function fillGap(count: number, gapAt: number): boolean {
  if (gapAt < 0) return count === 8;
  if (count > 7) return false;
  groups.copyWithin(8 - (count - gapAt), gapAt, count);
  groups.fill(0, gapAt, 8 - (count - gapAt));
  return true;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
