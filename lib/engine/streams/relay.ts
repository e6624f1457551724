import type { FirstByteTimer } from "../first_byte_timer.ts";
import type { Side } from "../session_life.ts";
import { type BufferShelves, ReadBuffer } from "./read_buffer.ts";
import {
  type ByteReader,
  type DirectionWatcher,
  readableFrom,
  writableTo,
} from "./socket_streams.ts";

/** How much a side may send to one that is gone before it is no longer read. */
const MOST_DISCARDED = 4 * 1024 * 1024;

/** What is notified of a relay's end. */
export interface RelayOwner {
  /**
   * Both directions have ended, or one side is gone. Both connections are still open, so what the
   * owner does now is done before either side can notice the end. The owner must close the relay.
   */
  relayOver(): void;
}

/**
 * Relays bytes between two connections until both directions have ended.
 *
 * The end of one direction is passed on and leaves the other alone. A side that cannot be read from
 * is gone, which ends the session. A side that cannot be written to may still have sent something,
 * such as an early refusal, so its own direction is delivered to the end. What the other side sends
 * meanwhile is discarded: left unread, it would make the kernel reset that side's connection on
 * close, and drop what is still to be delivered to it.
 *
 * Ownership: both connections belong to the relay, until its owner closes it or lets it linger with
 * `leave`.
 */
export class Relay {
  readonly #client: Deno.TcpConn;
  readonly #backend: Deno.TcpConn;
  readonly #shelves: BufferShelves;
  readonly #owner: RelayOwner;
  /** Absent once there is nothing more to time. */
  #timer: FirstByteTimer | undefined;
  readonly #up: Direction;
  readonly #down: Direction;
  #failed: Side | undefined;
  #endedFirst: Side | undefined;
  #discarded = 0;
  /** Whether the failed side has been closed and the other one lingers. */
  #isLeft = false;
  #closed = false;

  /** @param timer absent if the backend's first byte is not timed */
  constructor(
    client: Deno.TcpConn,
    backend: Deno.TcpConn,
    shelves: BufferShelves,
    owner: RelayOwner,
    timer?: FirstByteTimer,
  ) {
    this.#timer = timer;
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
   * Runs until both directions have ended and both connections are closed. Never throws.
   *
   * @param fromClient the source of the client's bytes, if not its connection
   */
  async run(fromClient: ByteReader = this.#client): Promise<void> {
    const upBuffer = new ReadBuffer(this.#shelves);
    const downBuffer = new ReadBuffer(this.#shelves);
    await Promise.allSettled([
      readableFrom(fromClient, upBuffer, this.#up).pipeTo(writableTo(this.#backend, this.#up)),
      readableFrom(this.#backend, downBuffer, this.#down)
        .pipeTo(writableTo(this.#client, this.#down)),
    ]);
    // Both pipes have settled, so no read into either buffer is pending.
    upBuffer.release();
    downBuffer.release();
    // Known already, unless a stream has failed by itself.
    this.over();
    this.close();
  }

  /** The side to which something may still have to be delivered after the other one has failed. */
  get remaining(): Side | undefined {
    const failed = this.#failed;
    if (failed === undefined) return undefined;
    const [inward, outward] = failed === "client" ? [this.#down, this.#up] : [this.#up, this.#down];
    return inward.isRead || outward.bytes === 0 ? undefined : inward.from;
  }

  /**
   * Closes the failed side, and passes the end on to the other one, which is closed once it has
   * ended, too. Only allowed if there is a {@linkcode remaining} side.
   */
  leave(): void {
    if (this.#closed || this.#isLeft) return;
    this.#isLeft = true;
    this.#connectionOf(this.#failed as Side).close();
  }

  /** Closes what is open at once; pending calls fail and `run` ends. */
  close(): void {
    if (this.#closed) return;
    for (const side of ["client", "backend"] as const) {
      if (!this.isClosed(side)) this.#connectionOf(side).close();
    }
    this.#closed = true;
  }

  /** Whether a side's connection has been closed. */
  isClosed(side: Side): boolean {
    return this.#closed || (this.#isLeft && side === this.#failed);
  }

  /** Records that the direction from a side has ended. */
  ended(side: Side): void {
    this.#endedFirst ??= side;
    if (this.#up.isOver && this.#down.isOver) this.over();
  }

  /** Returns whether `bytes` more may be discarded. */
  discard(bytes: number): boolean {
    this.#discarded += bytes;
    return !this.#closed && this.#discarded <= MOST_DISCARDED;
  }

  /** Records that the side opposite to `from` has taken bytes: all that came from there so far. */
  moved(from: Side, bytes: number): void {
    if (this.#timer === undefined) return;
    if (from === "client") {
      this.#timer.sent(bytes);
    } else {
      this.#timer.received();
      this.#timer = undefined;
    }
  }

  /** Records the side that failed first; failures after a close are consequences of it. */
  blame(side: Side): void {
    if (!this.#closed) this.#failed ??= side;
  }

  /** Notifies the owner, unless it knows already; then there may be nothing left to linger for. */
  over(): void {
    if (this.#closed) return;
    if (!this.#isLeft) this.#owner.relayOver();
    else if (this.remaining === undefined) this.close();
  }

  #connectionOf(side: Side): Deno.TcpConn {
    return side === "client" ? this.#client : this.#backend;
  }
}

class Direction implements DirectionWatcher {
  bytes = 0;
  /** Whether its input has ended or its output takes no more. */
  isOver = false;
  /** Whether nothing more is read from its input. */
  isRead = false;
  readonly from: Side;
  readonly #relay: Relay;
  readonly #to: Side;

  constructor(relay: Relay, from: Side, to: Side) {
    this.#relay = relay;
    this.from = from;
    this.#to = to;
  }

  get isClosed(): boolean {
    return this.#relay.isClosed(this.#to);
  }

  wrote(bytes: number): void {
    this.bytes += bytes;
    this.#relay.moved(this.from, this.bytes);
  }

  ended(): void {
    this.isRead = true;
    this.#over();
  }

  readFailed(): void {
    this.isRead = true;
    this.#relay.blame(this.from);
    this.#relay.over();
  }

  writeFailed(): void {
    this.#relay.blame(this.#to);
    this.#over();
  }

  discard(bytes: number): boolean {
    if (this.#relay.discard(bytes)) return true;
    this.ended();
    return false;
  }

  #over(): void {
    this.isOver = true;
    this.#relay.ended(this.from);
  }
}
