/** Writes all bytes, in as many writes as needed. */
export async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await conn.write(bytes.subarray(written));
}

/** Reads the given number of bytes into the buffer, over and over from its start. */
export async function readBytes(
  conn: Deno.Conn,
  buffer: Uint8Array<ArrayBuffer>,
  count: number,
): Promise<void> {
  let left = count;
  while (left > 0) {
    const size = await conn.read(left < buffer.length ? buffer.subarray(0, left) : buffer);
    if (size === null) throw new Error(`The connection ended with ${left} bytes missing`);
    left -= size;
  }
}
