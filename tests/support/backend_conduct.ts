import { pause } from "./patience.ts";
import type { SocketEnd } from "./socket_end.ts";

const decoder = new TextDecoder();
const PIECE_BYTES = 16 * 1024;
const LONGEST_ORDER = 64;
const LINE_FEED = 10;
/** The byte that `send` and `break` repeat. */
export const FILLER = 0x2e;
/** Time for what the other side sends meanwhile to arrive. */
const BREAK_AFTER_MS = 10;

/**
 * What a client can request from a backend process in the first line that it sends.
 *
 * - `echo`: everything after the line comes back, followed by the end
 * - `send N`: N bytes come, and then the end, whatever the client does
 * - `sink`: everything is read, and its length is the answer once the client has finished
 * - `break N`: N bytes come, and then a reset if there is unread input by then
 * - `hang`: nothing comes, and the connection stays until the client ends it
 */
export async function conductBackend(end: SocketEnd): Promise<void> {
  const { order, rest } = await readOrder(end);
  const [name, length] = order.split(" ");
  switch (name) {
    case "echo":
      return await echo(end, rest);
    case "send":
      return await sendMany(end, Number(length));
    case "sink":
      return await sink(end, rest.length);
    case "break":
      await sendPieces(end, Number(length));
      await pause(BREAK_AFTER_MS);
      return;
    case "hang":
      while (await end.readSome() !== undefined);
      return;
  }
}

async function readOrder(
  end: SocketEnd,
): Promise<{ readonly order: string; readonly rest: Uint8Array }> {
  let bytes = new Uint8Array();
  for (let more = await end.readSome(); more !== undefined; more = await end.readSome()) {
    bytes = Uint8Array.from([...bytes, ...more]);
    const at = bytes.indexOf(LINE_FEED);
    if (at >= 0) return { order: decoder.decode(bytes.subarray(0, at)), rest: bytes.slice(at + 1) };
    if (bytes.length > LONGEST_ORDER) break;
  }
  return { order: "", rest: bytes };
}

async function echo(end: SocketEnd, first: Uint8Array): Promise<void> {
  if (first.length > 0) await end.send(first);
  for (let bytes = await end.readSome(); bytes !== undefined; bytes = await end.readSome()) {
    await end.send(bytes);
  }
  await end.finish();
}

async function sendPieces(end: SocketEnd, length: number): Promise<void> {
  const piece = new Uint8Array(PIECE_BYTES).fill(FILLER);
  for (let left = length; left > 0; left -= PIECE_BYTES) {
    await end.send(left < PIECE_BYTES ? piece.subarray(0, left) : piece);
  }
}

async function sendMany(end: SocketEnd, length: number): Promise<void> {
  await sendPieces(end, length);
  await end.finish();
  // Closing with unread input would reset the connection, and lose what is in flight.
  while (await end.readSome() !== undefined);
}

async function sink(end: SocketEnd, first: number): Promise<void> {
  let length = first;
  for (let bytes = await end.readSome(); bytes !== undefined; bytes = await end.readSome()) {
    length += bytes.length;
  }
  await end.send(String(length));
}
