import { ClientTable, NO_PLACE } from "../../../lib/state/client_table.ts";
import type { ClientRegion } from "../../../lib/state/layout.ts";
import { Random } from "../../../lib/base/random.ts";

/** What a thread does to the table that it shares with others. */
export interface HammerOrder {
  readonly memory: SharedArrayBuffer;
  readonly region: ClientRegion;
  readonly slot: number;
  readonly threads: number;
  readonly clients: number;
  readonly maxSessions: number;
  readonly rounds: number;
  /** Sessions for each client as the threads themselves count them, then how many have started. */
  readonly witnesses: Int32Array;
  /** Ends without giving back what it holds at the end. */
  readonly dies: boolean;
}

/** The result. */
export interface HammerReport {
  readonly entered: number;
  readonly refused: number;
  /** How often there was no place. */
  readonly homeless: number;
  /** How often a client was seen to exceed its limit. */
  readonly exceeded: number;
  readonly held: number;
}

declare const self: {
  onmessage: ((event: MessageEvent<HammerOrder>) => void) | null;
  postMessage(message: HammerReport): void;
};

self.onmessage = ({ data }): void => self.postMessage(hammer(data));

function hammer(order: HammerOrder): HammerReport {
  const { clients, maxSessions, witnesses, slot } = order;
  const table = new ClientTable(order.memory, order.region, slot);
  const random = Random.fromSeed(slot + 1);
  const held: { client: number; place: number }[] = [];
  const report = { entered: 0, refused: 0, homeless: 0, exceeded: 0 };
  const leave = (at: number): void => {
    const [session] = held.splice(at, 1);
    if (session === undefined) return;
    Atomics.sub(witnesses, session.client, 1);
    table.leave(session.place);
  };
  Atomics.add(witnesses, clients, 1);
  while (Atomics.load(witnesses, clients) < order.threads);
  for (let round = 0; round < order.rounds; round++) {
    if (held.length > 0 && (held.length > 3 || random.next() < 0.5)) {
      leave(Math.floor(random.next() * held.length));
      continue;
    }
    const client = Math.floor(random.next() * clients);
    const key = table.keyOf(BigInt(client), 0);
    const place = table.enter(key, { maxSessions, rate: undefined }, 1n);
    if (place === NO_PLACE.none) report.homeless++;
    else if (place < 0) report.refused++;
    else {
      report.entered++;
      held.push({ client, place });
      if (Atomics.add(witnesses, client, 1) >= maxSessions) report.exceeded++;
    }
  }
  if (!order.dies) { while (held.length > 0) leave(0); }
  return { ...report, held: held.length };
}
