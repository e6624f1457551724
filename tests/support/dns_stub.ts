import { isIpv4 } from "../../lib/base/address.ts";
import { addressKeyOfText } from "../../lib/base/address_key.ts";

/** What a name stands for; a test changes it while the stub runs. */
export interface DnsEntry {
  readonly addresses?: readonly string[];
  readonly services?: readonly {
    readonly target: string;
    readonly port: number;
    readonly priority: number;
    readonly weight: number;
  }[];
}

const TYPE_A = 1;
const TYPE_AAAA = 28;
const TYPE_SRV = 33;
const CLASS_IN = 1;
const TTL_SECONDS = 0;

const RCODE_SERVFAIL = 2;
const RCODE_NXDOMAIN = 3;

/** An authoritative answer (RFC 1035, 4.1.1). */
const FLAGS_ANSWER = 0x8580;

/** Where a stub listens. */
export interface DnsStubOptions {
  /** @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** @default {a free one} */
  readonly port?: number;
}

/** A DNS server on the loopback interface. Use it with `await using`. */
export class DnsStub implements AsyncDisposable {
  /** By name, in lower case and without a dot at its end. */
  readonly entries = new Map<string, DnsEntry>();
  /** Answers every query with a failure while set. */
  failing = false;
  /** Answers no query while set. */
  silent = false;
  /** The queries so far, such as `"a.test A"`. */
  readonly questions: string[] = [];
  readonly #socket: Deno.DatagramConn;
  readonly #done: Promise<void>;

  constructor(options: DnsStubOptions = {}) {
    const { hostname = "127.0.0.1", port = 0 } = options;
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port });
    this.#done = this.#serve();
  }

  get nameServer(): { ipAddr: string; port: number } {
    const { hostname, port } = this.#socket.addr as Deno.NetAddr;
    return { ipAddr: hostname, port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#done;
  }

  async #serve(): Promise<void> {
    for await (const [query, sender] of this.#socket) {
      const answer = this.#answer(query);
      if (!this.silent) await this.#socket.send(answer, sender);
    }
  }

  #answer(query: Uint8Array): Uint8Array {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] as number; length > 0; length = query[at] as number) {
      labels.push(new TextDecoder().decode(query.subarray(at + 1, at + 1 + length)));
      at += 1 + length;
    }
    const name = labels.join(".").toLowerCase();
    const type = (query[at + 1] as number) * 256 + (query[at + 2] as number);
    const question = query.subarray(12, at + 5);
    const typeName = { [TYPE_A]: "A", [TYPE_AAAA]: "AAAA", [TYPE_SRV]: "SRV" }[type];
    this.questions.push(`${name} ${typeName ?? type}`);

    const entry = this.entries.get(name);
    const rcode = this.failing ? RCODE_SERVFAIL : entry === undefined ? RCODE_NXDOMAIN : 0;
    const records = rcode === 0 && entry !== undefined ? recordsOf(entry, type) : [];
    const header = [
      ...query.subarray(0, 2),
      ...uint16(FLAGS_ANSWER | rcode),
      ...uint16(1),
      ...uint16(records.length),
      ...uint16(0),
      ...uint16(0),
    ];
    const answers = records.flatMap((data) => [
      ...uint16(0xc00c), // the name of the question
      ...uint16(type),
      ...uint16(CLASS_IN),
      ...uint16(0),
      ...uint16(TTL_SECONDS),
      ...uint16(data.length),
      ...data,
    ]);
    return Uint8Array.from([...header, ...question, ...answers]);
  }
}

function recordsOf({ addresses = [], services = [] }: DnsEntry, type: number): number[][] {
  if (type === TYPE_A) return addresses.filter(isIpv4).map((text) => bytesOf(text, 4));
  if (type === TYPE_AAAA) {
    return addresses.filter((text) => !isIpv4(text)).map((text) => bytesOf(text, 16));
  }
  if (type !== TYPE_SRV) return [];
  return services.map(({ priority, weight, port, target }) => [
    ...uint16(priority),
    ...uint16(weight),
    ...uint16(port),
    ...target.split(".").flatMap((label) => [label.length, ...new TextEncoder().encode(label)]),
    0,
  ]);
}

function bytesOf(address: string, length: number): number[] {
  const key = addressKeyOfText(address);
  return Array.from({ length }, (_, at) => Number(key >> BigInt(8 * (length - 1 - at)) & 0xffn));
}

function uint16(value: number): number[] {
  return [value >> 8, value & 0xff];
}
