import { formatAddress } from "../base/address.ts";
import { decodeProxyHeader } from "../protocol/proxy_header_decoder.ts";
import type { ByteReader } from "./byte_reader.ts";

/** A connection that came through Weir. */
export interface Guest {
  /** `ip:port` of the client; empty where the header names none. */
  readonly client: string;
}

/** How a connection came in: through Weir, around it, or it left without a word. */
export type Arrival = Guest | "around" | "gone";

/** Reads the PROXY header that a connection begins with; every other beginning came around. */
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
