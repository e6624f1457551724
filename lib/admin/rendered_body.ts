import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

const ENCODER = new TextEncoder();
/** What is shorter fits into one packet anyway. */
const LEAST_TO_COMPRESS = 1_400;
/** The fastest: figures repeat themselves, so that more effort takes off little more. */
const LEVEL = 1;

/** A body that is encoded once, and compressed once at most, for everybody who is sent it. */
export class RenderedBody {
  readonly bytes: Uint8Array;
  #gzipped: Uint8Array | undefined;

  /** @param content bytes, or text, which may be in parts */
  constructor(content: string | readonly string[] | Uint8Array) {
    this.bytes = content instanceof Uint8Array
      ? content
      : Buffer.concat([content].flat().map((text) => ENCODER.encode(text)));
  }

  /** Whether compressing it is worth while. */
  get isCompressible(): boolean {
    return this.bytes.length >= LEAST_TO_COMPRESS;
  }

  /** The same, compressed by gzip. */
  get gzipped(): Uint8Array {
    this.#gzipped ??= gzipSync(this.bytes, { level: LEVEL });
    return this.#gzipped;
  }
}

/** Renders a value as JSON, with a line break for those who read it in a terminal. */
export function renderJson(value: unknown): RenderedBody {
  return new RenderedBody(`${JSON.stringify(value)}\n`);
}

/** Tells whether an `Accept-Encoding` header wants gzip. */
export function acceptsGzip(header: string | null): boolean {
  let quality = 0;
  for (const part of (header ?? "").toLowerCase().split(",")) {
    const [coding, ...parameters] = part.split(";").map((word) => word.trim());
    if (coding !== "gzip" && coding !== "*") continue;
    const weight = parameters.find((word) => word.startsWith("q="))?.slice(2) ?? "1";
    // What is said of gzip itself counts before what is said of everything.
    if (coding === "gzip") return Number(weight) > 0;
    quality = Number(weight);
  }
  return quality > 0;
}
