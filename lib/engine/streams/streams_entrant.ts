import type { Entrant } from "../../access/admission.ts";
import { addressKeyOfText } from "../../base/address_key.ts";

/** An accepted connection that has not been admitted to a session yet. */
export class StreamsEntrant implements Entrant {
  readonly #conn: Deno.TcpConn;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  get addressKey(): bigint {
    return addressKeyOfText(this.#conn.remoteAddr.hostname);
  }
}
