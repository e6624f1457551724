import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import type { Steps } from "../../base/steps.ts";

const ENCODER = new TextEncoder();
/** A shorter body fits into one packet anyway. */
const LEAST_TO_COMPRESS = 1_400;
/** The fastest level: figures are so repetitive that higher levels gain little. */
const LEVEL = 1;

/** A body that is encoded once, and compressed at most once, for all its recipients. */
export class RenderedBody {
  readonly bytes: Uint8Array;
  #gzipped: Uint8Array | undefined;

  constructor(content: string | Uint8Array) {
    this.bytes = typeof content === "string" ? ENCODER.encode(content) : content;
  }

  /** Whether compressing it is worthwhile. */
  get isCompressible(): boolean {
    return this.bytes.length >= LEAST_TO_COMPRESS;
  }

  /** The body, compressed with gzip. */
  get gzipped(): Uint8Array {
    this.#gzipped ??= gzipSync(this.bytes, { level: LEVEL });
    return this.#gzipped;
  }
}

/** Renders consecutive parts of a text. */
export function* renderText(parts: readonly string[]): Steps<RenderedBody> {
  const encoded: Uint8Array[] = [];
  for (const part of parts) {
    encoded.push(ENCODER.encode(part));
    yield;
  }
  return new RenderedBody(Buffer.concat(encoded));
}

/** Renders a value as JSON, with a final line break for readers in a terminal. */
export function renderJson(value: unknown): RenderedBody {
  return new RenderedBody(`${JSON.stringify(value)}\n`);
}

/** Whether an `Accept-Encoding` header accepts gzip. */
export function acceptsGzip(header: string | null): boolean {
  let quality = 0;
  for (const part of (header ?? "").toLowerCase().split(",")) {
    const [coding, ...parameters] = part.split(";").map((word) => word.trim());
    if (coding !== "gzip" && coding !== "*") continue;
    const weight = parameters.find((word) => word.startsWith("q="))?.slice(2) ?? "1";
    // An entry for gzip takes precedence over one for `*`.
    if (coding === "gzip") return Number(weight) > 0;
    quality = Number(weight);
  }
  return quality > 0;
}
