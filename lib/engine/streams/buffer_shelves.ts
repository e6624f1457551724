import { BufferShelf } from "./buffer_shelf.ts";

/** A direction in bulk reads this many times as much at a time. */
const BULK_FACTOR = 8;
/** The largest read that results from that. */
const LARGEST_BULK_BUFFER = 256 * 1024;

/** The read buffers of a listener's sessions. */
export class BufferShelves {
  /** `buffer_size` bytes: every direction holds one for as long as it lasts. */
  readonly small: BufferShelf;
  /** Larger ones, lent to directions that move bulk data. */
  readonly bulk: BufferShelf;

  /** @param bufferSize `buffer_size` of the listener */
  constructor(bufferSize: number) {
    this.small = new BufferShelf(bufferSize);
    const bulkSize = Math.min(bufferSize * BULK_FACTOR, LARGEST_BULK_BUFFER);
    this.bulk = new BufferShelf(Math.max(bulkSize, bufferSize));
  }
}
