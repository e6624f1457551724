import { FILLER } from "../support/backend_conduct.ts";
import { askForEcho } from "../support/load.ts";
import { pause } from "../support/patience.ts";
import { isReset, type SocketEnd } from "../support/socket_end.ts";

/** A uniform number in [0, 1). */
type NextRandom = () => number;

/** One kind of client: what it does, and how many in a hundred do so. */
interface Kind {
  readonly share: number;
  run(client: SocketEnd, index: number, random: NextRandom): Promise<void>;
}

const KIBIBYTE = 1024;
/** The configured `idle_timeout`: longer than a busy machine delays a client that is not idle. */
export const IDLE_TIMEOUT_MS = 5_000;

/** The kinds of clients, by their names in the report. All but `reset` and `broken` know what they must get. */
export const CLIENT_KINDS = {
  short: { share: 54, run: askForEcho },
  long: {
    share: 10,
    async run(client, index, random) {
      await client.send("echo\n");
      for (let left = 5 + 20 * random(); left > 0; left--) {
        await client.ping(`message ${index} ${Math.floor(left)}`);
        await pause(200 * random());
      }
      await client.finish();
      await expectLength(client, 0);
    },
  },
  half_closed: {
    share: 12,
    async run(client, index, random) {
      if (index % 2 === 0) {
        const length = Math.floor(64 * KIBIBYTE * random());
        await client.send(`send ${length}\n`);
        await client.finish();
        await expectLength(client, length);
      } else {
        const bytes = new Uint8Array(Math.floor(64 * KIBIBYTE * random()));
        await client.send("sink\n");
        await client.send(bytes);
        await client.finish();
        await expectText(client, String(bytes.length));
      }
    },
  },
  reset: {
    share: 6,
    async run(client, _index, random) {
      await client.send(`send ${256 * KIBIBYTE}\n`);
      // Closed with more on its way than was read: a reset.
      if (random() < 0.7) await client.readSome();
    },
  },
  broken: {
    share: 6,
    async run(client, _index, random) {
      const length = Math.floor(512 * KIBIBYTE * random());
      await client.send(`break ${length}\n`);
      await pause(5 * random());
      let received = 0;
      try {
        await client.send("never read");
        for (
          let some = await client.readSome();
          some !== undefined;
          some = await client.readSome()
        ) {
          if (some.some((byte) => byte !== FILLER)) {
            throw new Error("Got bytes that were never sent");
          }
          received += some.length;
          if (random() < 0.1) await pause(20 * random());
        }
      } catch (error) {
        if (!isReset(error)) throw error;
      }
      if (received > length) throw new Error(`Got ${received} bytes, not ${length}`);
    },
  },
  slow_reader: {
    share: 5,
    async run(client, _index, random) {
      const length = Math.floor(KIBIBYTE * (64 + 512 * random()));
      await client.send(`send ${length}\n`);
      for (let left = length; left > 0;) {
        left -= (await client.read(Math.min(left, 24 * KIBIBYTE))).length;
        await pause(100 * random());
      }
      await client.finish();
      await expectLength(client, 0);
    },
  },
  slow_writer: {
    share: 5,
    async run(client, _index, random) {
      const pieces = 10 + Math.floor(20 * random());
      const piece = new Uint8Array(1 + Math.floor(8 * KIBIBYTE * random()));
      await client.send("sink\n");
      for (let sent = 0; sent < pieces; sent++) {
        await client.send(piece);
        await pause(100 * random());
      }
      await client.finish();
      await expectText(client, String(pieces * piece.length));
    },
  },
  idle: {
    share: 2,
    async run(client) {
      // Before the bytes are sent: Weir may have moved them before the client hears that they are gone.
      const sentMs = performance.now();
      await client.send("hang\n");
      // A session that is cut is reset, where the engine can do that.
      const { length } = await client.readAll();
      if (length > 0) throw new Error(`Got ${length} bytes from a backend that sends nothing`);
      const tookMs = performance.now() - sentMs;
      if (tookMs < IDLE_TIMEOUT_MS) throw new Error(`Closed after ${tookMs} ms of idleness`);
    },
  },
} as const satisfies Record<string, Kind>;

export type ClientKind = keyof typeof CLIENT_KINDS;

/** Which kind a number in [0, 1) stands for, by the kinds' shares. */
export function chooseKind(random: number): ClientKind {
  let left = random * 100;
  for (const [name, { share }] of Object.entries(CLIENT_KINDS)) {
    left -= share;
    if (left < 0) return name as ClientKind;
  }
  return "short";
}

/** Runs a client of a kind. Throws if it does not get what it must get. */
export async function runClient(
  kind: ClientKind,
  client: SocketEnd,
  index: number,
  random: NextRandom,
): Promise<void> {
  try {
    await CLIENT_KINDS[kind].run(client, index, random);
  } catch (error) {
    if (kind === "reset" && isReset(error)) return;
    throw error;
  }
}

async function expectLength(client: SocketEnd, expected: number): Promise<void> {
  let length = 0;
  for (let bytes = await client.readSome(); bytes !== undefined; bytes = await client.readSome()) {
    length += bytes.length;
  }
  if (length !== expected) throw new Error(`Got ${length} bytes and then the end, not ${expected}`);
}

async function expectText(client: SocketEnd, expected: string): Promise<void> {
  const text = await client.readAllText();
  if (text !== expected) throw new Error(`Got "${text}" and then the end, not "${expected}"`);
}
