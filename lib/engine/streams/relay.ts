import type { Side } from "../session_life.ts";
import type { BufferShelves } from "./buffer_shelves.ts";
import { ReadBuffer } from "./read_buffer.ts";
import {
  type ByteReader,
  type DirectionWatcher,
  readableFrom,
  writableTo,
} from "./socket_streams.ts";

/** Who hears that a relay has come to its end. */
export interface RelayOwner {
  /**
   * Both directions have ended, or one side is gone. Both connections are still open, so that what is
   * settled now is settled before either side can hear of the end. The owner is to close the relay.
   */
  relayOver(): void;
}

/**
 * Moves bytes between two connections, both ways, until both directions have ended.
 *
 * The end of one direction is passed on and leaves the other alone. A side that cannot be read from
 * is gone, and takes the session with it. A side that cannot be written to may still have sent
 * something, an early refusal for example, so that its own direction is played to the end.
 *
 * Ownership: both connections belong to the relay, which closes them when it is done.
 */
export class Relay {
  readonly #client: Deno.TcpConn;
  readonly #backend: Deno.TcpConn;
  readonly #shelves: BufferShelves;
  readonly #owner: RelayOwner;
  readonly #up: Direction;
  readonly #down: Direction;
  #failed: Side | undefined;
  #endedFirst: Side | undefined;
  #closed = false;

  constructor(
    client: Deno.TcpConn,
    backend: Deno.TcpConn,
    shelves: BufferShelves,
    owner: RelayOwner,
  ) {
    this.#client = client;
    this.#backend = backend;
    this.#shelves = shelves;
    this.#owner = owner;
    this.#up = new Direction(this, "client", "backend");
    this.#down = new Direction(this, "backend", "client");
  }

  /** Bytes from the client that the backend's connection has taken. */
  get bytesIn(): number {
    return this.#up.bytes;
  }

  /** Bytes from the backend that the client's connection has taken. */
  get bytesOut(): number {
    return this.#down.bytes;
  }

  /** The side that failed first, if one did. */
  get failed(): Side | undefined {
    return this.#failed;
  }

  /** The side whose direction ended first, if one has. */
  get endedFirst(): Side | undefined {
    return this.#endedFirst;
  }

  /**
   * Runs until both directions have ended and the owner has closed the relay. Never throws.
   *
   * @param fromClient what brings the client's bytes, if not its connection
   */
  async run(fromClient: ByteReader = this.#client): Promise<void> {
    const upBuffer = new ReadBuffer(this.#shelves);
    const downBuffer = new ReadBuffer(this.#shelves);
    await Promise.allSettled([
      readableFrom(fromClient, upBuffer, this.#up).pipeTo(writableTo(this.#backend, this.#up)),
      readableFrom(this.#backend, downBuffer, this.#down)
        .pipeTo(writableTo(this.#client, this.#down)),
    ]);
    // Both pipes have settled, so that no read into either buffer is pending.
    upBuffer.release();
    downBuffer.release();
    // Known already, unless a stream has failed by itself.
    this.over();
  }

  /** Closes both connections at once; whatever is under way fails and `run` comes to its end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.close();
    this.#backend.close();
  }

  /** Whether both connections have been closed. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Takes note that the direction from a side has ended. */
  ended(side: Side): void {
    this.#endedFirst ??= side;
    if (this.#up.isOver && this.#down.isOver) this.over();
  }

  /** Takes note of the side that failed first; what fails after a close is a consequence of it. */
  blame(side: Side): void {
    if (!this.#closed) this.#failed ??= side;
  }

  /** Tells the owner, unless the relay has been closed. */
  over(): void {
    if (!this.#closed) this.#owner.relayOver();
  }
}

class Direction implements DirectionWatcher {
  bytes = 0;
  /** Whether its input has ended, or its output takes no more. */
  isOver = false;
  readonly #relay: Relay;
  readonly #from: Side;
  readonly #to: Side;

  constructor(relay: Relay, from: Side, to: Side) {
    this.#relay = relay;
    this.#from = from;
    this.#to = to;
  }

  get isClosed(): boolean {
    return this.#relay.isClosed;
  }

  wrote(bytes: number): void {
    this.bytes += bytes;
  }

  ended(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#relay.ended(this.#from);
  }

  readFailed(): void {
    this.#relay.blame(this.#from);
    this.#relay.over();
  }

  writeFailed(): void {
    this.#relay.blame(this.#to);
    this.ended();
  }
}
