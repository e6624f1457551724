import { assert, assertEquals, assertGreater } from "@std/assert";
import { openLibc } from "../../../../../lib/engine/native/libc/libc.ts";
import { Flow, MOVED, type Moved } from "../../../../../lib/engine/native/sessions/flow.ts";
import { BULK_BYTES, Pump } from "../../../../../lib/engine/native/sessions/pump.ts";
import { nativeTest } from "../../../../support/native_test.ts";
import { TcpPair } from "../../../../support/tcp_pair.ts";
import { seededBytes } from "../../../../support/test_bytes.ts";

const BUFFER_SIZE = 16 * 1024;

/** A pump with a flow from one connection to another: `from.near` is written, `to.far` is read. */
class Channel implements Disposable {
  readonly pump = new Pump(openLibc());
  readonly from = new TcpPair(openLibc());
  readonly to = new TcpPair(openLibc());
  readonly flow = new Flow("client", "backend");

  constructor() {
    this.pump.reserve(BUFFER_SIZE);
    this.flow.source = this.from.far;
    this.flow.sink = this.to.near;
  }

  move(untilEmpty = true): Moved {
    return this.pump.move(this.flow, BUFFER_SIZE, untilEmpty);
  }

  /** Sends everything through, and returns what came out and the result of the last move. */
  carry(bytes: Uint8Array<ArrayBuffer>): { received: Uint8Array; last: Moved } {
    const received = new Uint8Array(bytes.length);
    let last: Moved = MOVED.drained;
    let sent = 0;
    let got = 0;
    for (let turns = 0; got < bytes.length; turns++) {
      if (turns === 100_000) throw new Error(`Only ${got} of ${bytes.length} bytes came out`);
      sent += this.from.write(this.from.near, bytes.subarray(sent, sent + 300_000));
      last = this.move();
      const chunk = this.to.read(this.to.far);
      received.set(chunk, got);
      got += chunk.length;
    }
    return { received, last };
  }

  [Symbol.dispose](): void {
    this.pump.drop(this.flow);
    this.pump.closeIdle();
    this.from[Symbol.dispose]();
    this.to[Symbol.dispose]();
  }
}

function pumpTest(name: string, fn: (channel: Channel) => void): void {
  nativeTest([], `Pump.move() ${name}`, () => {
    using channel = new Channel();
    fn(channel);
  });
}

pumpTest("moves what there is and says that the source is drained", (channel) => {
  channel.from.write(channel.from.near, Uint8Array.of(1, 2, 3));
  assertEquals(channel.move(), MOVED.drained);
  assertEquals([...channel.to.read(channel.to.far)], [1, 2, 3]);
  assertEquals([channel.flow.bytes, channel.flow.isBlocked], [3, false]);
});

pumpTest("says that the source has ended once everything before was moved", (channel) => {
  channel.from.write(channel.from.near, Uint8Array.of(7));
  channel.from.finish(channel.from.near);
  assertEquals(channel.move(), MOVED.ended);
  assertEquals([...channel.to.read(channel.to.far)], [7]);
  // The end is for the session to pass on.
  assertEquals(channel.to.isAtEnd(channel.to.far), false);
});

pumpTest("keeps what the sink does not take, and begins with that the next time", (channel) => {
  const bytes = seededBytes(50, 32 * 1024 * 1024);
  let sent = 0;
  let last: Moved = MOVED.drained;
  while (last !== MOVED.blocked) {
    sent += channel.from.write(channel.from.near, bytes.subarray(sent, sent + BUFFER_SIZE));
    last = channel.move();
  }
  assert(channel.flow.isBlocked);
  assertEquals(channel.move(), MOVED.blocked);
  const received: number[] = [];
  while (received.length < sent) {
    const chunk = channel.to.read(channel.to.far);
    for (const byte of chunk) received.push(byte);
    channel.move();
  }
  assertEquals(received.length, sent);
  assert(received.every((byte, at) => byte === bytes[at]));
  assertEquals([channel.flow.bytes, channel.flow.isBlocked], [sent, false]);
});

pumpTest("splices bulk, and every byte arrives in its place", (channel) => {
  const bytes = seededBytes(51, 16 * 1024 * 1024);
  const { received } = channel.carry(bytes);
  assertEquals(received.findIndex((byte, at) => byte !== bytes[at]), -1);
  assertGreater(channel.flow.bulkBytes, BULK_BYTES - 1);
});

pumpTest("ends a spliced flow only when the pipe is empty", (channel) => {
  const bytes = seededBytes(52, 8 * 1024 * 1024);
  channel.carry(bytes);
  const rest = seededBytes(53, 1024 * 1024);
  const sent = channel.from.write(channel.from.near, rest);
  channel.from.finish(channel.from.near);
  let got = 0;
  let last: Moved = MOVED.drained;
  while (last !== MOVED.ended) {
    last = channel.move();
    const chunk = channel.to.read(channel.to.far);
    assert(chunk.every((byte, at) => byte === rest[got + at]));
    got += chunk.length;
  }
  got += channel.to.read(channel.to.far).length;
  assertEquals(got, sent);
});

pumpTest("does not take urgent data for the end of a spliced flow", (channel) => {
  channel.carry(seededBytes(55, 4 * 1024 * 1024));
  assertGreater(channel.flow.bulkBytes, BULK_BYTES - 1);
  const MSG_OOB = 1;
  channel.from.write(channel.from.near, Uint8Array.of(1, 2));
  assertEquals(openLibc().send(channel.from.near, Uint8Array.of(99), 1, MSG_OOB), 1);
  channel.from.write(channel.from.near, Uint8Array.of(3, 4));
  channel.from.finish(channel.from.near);
  const moves = [channel.move(), channel.move(), channel.move()];
  assertEquals([...channel.to.read(channel.to.far)], [1, 2, 3, 4]);
  assert(moves.includes(MOVED.ended));
});

pumpTest("goes back to reading and writing when the pieces become small", (channel) => {
  channel.carry(seededBytes(54, 4 * 1024 * 1024));
  assertGreater(channel.flow.bulkBytes, BULK_BYTES - 1);
  for (let i = 0; i < 20; i++) {
    channel.from.write(channel.from.near, Uint8Array.of(i));
    channel.move();
    channel.move();
    assertEquals([...channel.to.read(channel.to.far)], [i]);
  }
  assertEquals(channel.flow.bulkBytes, 0);
});

pumpTest("says which side is broken", (channel) => {
  channel.to.close(channel.to.far);
  channel.from.write(channel.from.near, Uint8Array.of(1));
  // The first write is answered with a reset, which makes the second one fail.
  channel.move();
  channel.from.write(channel.from.near, Uint8Array.of(2));
  assertEquals(channel.move(), MOVED.writeFailed);

  using other = new Channel();
  other.to.write(other.to.far, Uint8Array.of(9));
  other.from.write(other.from.far, Uint8Array.of(9));
  // Closing with unread input resets the connection.
  other.from.close(other.from.near);
  assertEquals(other.move(), MOVED.readFailed);
});
