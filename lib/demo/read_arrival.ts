import { formatAddress } from "../base/address.ts";
import { decodeProxyHeader } from "../protocol/proxy_header_decoder.ts";
import type { ByteReader } from "./byte_reader.ts";

/** A connection that came through Weir. */
export interface Guest {
  /** `ip:port` of the client; empty if the header names none. */
  readonly client: string;
}

/** How a connection arrived: through Weir, bypassing it, or it closed without sending anything. */
export type Arrival = Guest | "around" | "gone";

/** Reads the PROXY header at the start of a connection; a connection without one bypassed Weir. */
export async function readArrival(reader: ByteReader): Promise<Arrival> {
  for (;;) {
    const result = decodeProxyHeader(reader.received);
    if (result.kind === "invalid") return "around";
    if (result.kind === "header") {
      reader.take(result.length);
      return { client: result.source === undefined ? "" : formatAddress(result.source) };
    }
    if (!await reader.readMore()) return reader.received.length === 0 ? "gone" : "around";
  }
}
