import { AF_INET } from "../libc/constants.ts";
import { encodeSockaddr, familyOf } from "../libc/sockaddr.ts";

type Sockaddr = Uint8Array<ArrayBuffer>;

/** A local address that connections are made from. */
export interface SourceAddress {
  /** As the settings have it. */
  readonly hostname: string;
  /** With port 0: the kernel chooses one. */
  readonly sockaddr: Sockaddr;
}

/** The addresses of one family, which take turns. */
class Turns {
  readonly #sources: readonly SourceAddress[];
  #turn = 0;

  constructor(sources: readonly SourceAddress[]) {
    this.#sources = sources;
  }

  get size(): number {
    return this.#sources.length;
  }

  next(): SourceAddress | undefined {
    const source = this.#sources[this.#turn];
    this.#turn += 1;
    if (this.#turn >= this.#sources.length) this.#turn = 0;
    return source;
  }
}

/**
 * The local addresses that a worker connects to backends from. Those of each family take turns, so
 * that each one's ports are used alike.
 */
export class SourceAddresses {
  readonly #v4: Turns;
  readonly #v6: Turns;

  /** @param hostnames IP addresses without zones */
  constructor(hostnames: readonly string[]) {
    const sources = hostnames.map((hostname) => ({
      hostname,
      // A port of 0 is not an address to reach, but it is one to connect from.
      sockaddr: encodeSockaddr({ hostname, port: 0 }),
    }));
    const [v4 = [], v6 = []] = [true, false].map((isV4) =>
      sources.filter(({ sockaddr }) => (familyOf(sockaddr) === AF_INET) === isV4)
    );
    this.#v4 = new Turns(v4);
    this.#v6 = new Turns(v6);
  }

  /** How many there are of a family. */
  count(family: number): number {
    return (family === AF_INET ? this.#v4 : this.#v6).size;
  }

  /** The next one of a family; `undefined` if there is none. */
  next(family: number): SourceAddress | undefined {
    return (family === AF_INET ? this.#v4 : this.#v6).next();
  }
}
