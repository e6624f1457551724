/** What backends do with their connections. */
import type { SocketEnd } from "./socket_end.ts";
import type { Conduct } from "./test_backend.ts";

/** Sends everything back, and finishes when the client has. */
export async function echo(end: SocketEnd): Promise<void> {
  for (let bytes = await end.readSome(); bytes !== undefined; bytes = await end.readSome()) {
    await end.send(bytes);
  }
  await end.finish();
}

/** Takes everything in, and answers with its length and digest once the client has finished. */
export async function summarise(end: SocketEnd): Promise<void> {
  const { length, sha256 } = await end.readAll();
  await end.send(`${length} ${sha256}`);
}

/** Sends nothing, and waits for the client's end. */
export async function listenOnly(end: SocketEnd): Promise<void> {
  await end.readAll();
}

/** Sends and closes, whatever the client does. */
export function sayAndClose(data: string | Uint8Array): Conduct {
  return (end) => end.send(data);
}

/** A backend whose connections a test takes by hand, one after another. */
export class Reception {
  readonly #arrived: SocketEnd[] = [];
  readonly #expected: ((end: SocketEnd) => void)[] = [];

  /** Holds the connection open until the backend is closed. */
  readonly conduct: Conduct = async (end, _index, closing) => {
    const expected = this.#expected.shift();
    if (expected === undefined) this.#arrived.push(end);
    else expected(end);
    await closing;
  };

  /** Returns the next connection once there is one. */
  next(): Promise<SocketEnd> {
    const end = this.#arrived.shift();
    if (end !== undefined) return Promise.resolve(end);
    return new Promise((resolve) => this.#expected.push(resolve));
  }
}
