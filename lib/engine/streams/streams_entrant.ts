import type { Entrant } from "../../access/admission.ts";
import { addressKeyOfText } from "../../base/address_key.ts";

/** A connection that was accepted, before it is known whether it may have a session. */
export class StreamsEntrant implements Entrant {
  readonly #conn: Deno.TcpConn;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  get addressKey(): bigint {
    return addressKeyOfText(this.#conn.remoteAddr.hostname);
  }
}
