import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  Admission,
  type AdmissionRefusal,
  type AdmissionSettings,
  type Entrant,
  MOST_HELD,
  NOT_COUNTED,
} from "../../../lib/access/admission.ts";
import { addressKeyOfText } from "../../../lib/base/address_key.ts";
import { clientPrefix } from "../../../lib/base/client_prefix.ts";
import { ListenerCell, ListenerTally } from "../../../lib/state/counters.ts";
import { CLIENT_STRIDE } from "../../../lib/state/layout.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

const UNLIMITED: AdmissionSettings = {
  maxConnections: 0,
  maxConnectionsPerClient: 0,
  connectionRate: 0,
  connectionRatePerClient: 0,
  clientPrefixV4: 32,
  clientPrefixV6: 64,
};
const ROW = 3;

/** Two workers that admit clients to one listener, with a clock that the test sets. */
class Door {
  readonly state = SharedState.create(2);
  nowMs = 1_800_000_000_000;
  /** How often a full table was reported. */
  notices = 0;
  readonly workers = [0, 1].map((slot) =>
    new Admission(this.state, slot, ROW, {
      now: () => this.nowMs,
      onTableFull: () => this.notices++,
    })
  ) as [Admission, Admission];

  get active(): number {
    return this.state.listenerCell(ROW, ListenerCell.active);
  }

  tally(column: number): number {
    return this.state.listenerTally(0, ROW, column) + this.state.listenerTally(1, ROW, column);
  }

  sessionsOf(client: Entrant): number {
    const table = this.state.clientTable(0);
    return table.sessions(table.keyOf(clientPrefix(client.addressKey, { v4: 32, v6: 64 }), ROW));
  }
}

function limited(limits: Partial<AdmissionSettings>): AdmissionSettings {
  return { ...UNLIMITED, ...limits };
}

function from(hostname: string): Entrant {
  return { addressKey: addressKeyOfText(hostname) };
}

/** What becomes of a client in the end: one that is held is looked at once more, at once. */
function finalVerdict(
  worker: Admission,
  settings: AdmissionSettings,
  client: Entrant,
): "admitted" | AdmissionRefusal {
  const verdict = worker.admit(settings, client);
  return verdict === "held" ? worker.admitHeld(settings, client) : verdict;
}

const ANYONE: Entrant = {
  get addressKey(): bigint {
    throw new Error("The address must not be asked for");
  },
};

Deno.test("Admission.admit() holds max_connections over all workers together", () => {
  const door = new Door();
  const [first, second] = door.workers;
  const settings = limited({ maxConnections: 3 });
  const verdicts = [first, second, first, second].map((worker) =>
    finalVerdict(worker, settings, ANYONE)
  );
  assertEquals(verdicts, ["admitted", "admitted", "admitted", "max_connections"]);
  assertEquals(door.active, 3);
  assertEquals(door.tally(ListenerTally.accepted), 4);
  assertEquals(door.tally(ListenerTally.refusedMaxConnections), 1);
  first.leave(NOT_COUNTED);
  assertEquals(finalVerdict(second, settings, ANYONE), "admitted");
});

Deno.test("Admission.admit() holds clients at a limit of sessions, and counts them only afterwards", () => {
  const door = new Door();
  const [first] = door.workers;
  const settings = limited({ maxConnections: 1 });
  first.admit(settings, ANYONE);
  const place = first.clientPlace;
  for (let held = 0; held < MOST_HELD; held++) assertEquals(first.admit(settings, ANYONE), "held");
  assertEquals(first.admit(settings, ANYONE), "max_connections");
  assertEquals(door.tally(ListenerTally.accepted), 2);

  first.leave(place);
  assertEquals(first.admitHeld(settings, ANYONE), "admitted");
  for (let held = 1; held < MOST_HELD; held++) {
    assertEquals(first.admitHeld(settings, ANYONE), "max_connections");
  }
  assertEquals(first.admit(settings, ANYONE), "held");
  assertEquals(door.tally(ListenerTally.accepted), 2 + MOST_HELD);
  assertEquals(door.tally(ListenerTally.refusedMaxConnections), MOST_HELD);
});

Deno.test("Admission.admit() holds no client that comes too fast", () => {
  const door = new Door();
  const [first] = door.workers;
  const settings = limited({ connectionRate: 1 });
  assertEquals(first.admit(settings, ANYONE), "admitted");
  assertEquals(first.admit(settings, ANYONE), "connection_rate");
});

Deno.test("Admission.admit() takes 0 as no limit and does not ask for the address", () => {
  const door = new Door();
  for (let turn = 0; turn < 50; turn++) {
    assertEquals(finalVerdict(door.workers[0], UNLIMITED, ANYONE), "admitted");
    assertEquals(door.workers[0].clientPlace, NOT_COUNTED);
  }
  assertEquals(door.active, 50);
});

Deno.test("Admission.admit() holds max_connections_per_client over all workers together", () => {
  const door = new Door();
  const [first, second] = door.workers;
  const settings = limited({ maxConnectionsPerClient: 2 });
  const client = from("192.0.2.1");
  assertEquals(finalVerdict(first, settings, client), "admitted");
  const { clientPlace } = first;
  assertEquals(finalVerdict(second, settings, client), "admitted");
  assertEquals(finalVerdict(first, settings, client), "max_connections_per_client");
  assertEquals(finalVerdict(first, settings, from("192.0.2.2")), "admitted");
  assertEquals(door.active, 3);
  assertEquals(door.tally(ListenerTally.refusedMaxConnectionsPerClient), 1);
  first.leave(clientPlace);
  assertEquals(door.sessionsOf(client), 1);
  assertEquals(finalVerdict(second, settings, client), "admitted");
});

Deno.test("Admission.admit() takes an IPv4-mapped client for the same client", () => {
  const door = new Door();
  const settings = limited({ maxConnectionsPerClient: 1 });
  assertEquals(finalVerdict(door.workers[0], settings, from("192.0.2.1")), "admitted");
  assertEquals(
    finalVerdict(door.workers[1], settings, from("::ffff:192.0.2.1")),
    "max_connections_per_client",
  );
});

Deno.test("Admission.admit() holds connection_rate over all workers together", () => {
  const door = new Door();
  const settings = limited({ connectionRate: 10 });
  const admitSome = (): number =>
    Array.from({ length: 30 }, (_, at) => door.workers[(at % 2) as 0 | 1].admit(settings, ANYONE))
      .filter((verdict) => verdict === "admitted").length;
  assertEquals(admitSome(), 10);
  assertEquals(door.tally(ListenerTally.refusedConnectionRate), 20);
  assertEquals(door.active, 10);
  door.nowMs += 500;
  assertEquals(admitSome(), 5);
});

Deno.test("Admission.admit() holds connection_rate_per_client for each client", () => {
  const door = new Door();
  const [first, second] = door.workers;
  const settings = limited({ connectionRatePerClient: 2 });
  const client = from("2001:db8::1");
  const verdicts = [first, second, first].map((worker) => finalVerdict(worker, settings, client));
  assertEquals(verdicts, ["admitted", "admitted", "connection_rate_per_client"]);
  assertEquals(finalVerdict(first, settings, from("2001:db8:0:1::1")), "admitted");
  assertEquals(door.tally(ListenerTally.refusedConnectionRatePerClient), 1);
  assertEquals([first.clientPlace, second.clientPlace], [NOT_COUNTED, NOT_COUNTED]);
  assertEquals(door.sessionsOf(client), 0);
  first.leave(NOT_COUNTED);
  assertEquals(finalVerdict(second, settings, client), "connection_rate_per_client");
  door.nowMs += 500;
  assertEquals(finalVerdict(second, settings, client), "admitted");
});

Deno.test("Admission.admit() takes nothing from anyone when it refuses", () => {
  const door = new Door();
  const [first] = door.workers;
  const settings = limited({
    maxConnections: 1,
    maxConnectionsPerClient: 2,
    connectionRate: 3,
    connectionRatePerClient: 2,
  });
  const client = from("192.0.2.1");
  assertEquals(finalVerdict(first, settings, client), "admitted");
  for (let turn = 0; turn < 20; turn++) {
    assertEquals(finalVerdict(first, settings, client), "max_connections");
  }
  assertEquals(door.sessionsOf(client), 1);
  // The refused ones have left both buckets as they were: one token for the client, two for all.
  const roomier = { ...settings, maxConnections: 100, maxConnectionsPerClient: 100 };
  const verdicts = [client, client, from("192.0.2.2"), from("192.0.2.3")].map((each) =>
    finalVerdict(first, roomier, each)
  );
  assertEquals(verdicts, ["admitted", "connection_rate_per_client", "admitted", "connection_rate"]);
  assertEquals(door.sessionsOf(from("192.0.2.3")), 0);
  assertEquals(door.active, 3);
});

Deno.test("Admission.admit() lets a client that floods use up nothing but its own limit", () => {
  const door = new Door();
  const settings = limited({ connectionRate: 5, connectionRatePerClient: 2 });
  for (let turn = 0; turn < 100; turn++) finalVerdict(door.workers[0], settings, from("192.0.2.1"));
  for (let host = 2; host < 5; host++) {
    assertEquals(finalVerdict(door.workers[1], settings, from(`192.0.2.${host}`)), "admitted");
  }
});

Deno.test("Admission.leave() leaves nothing behind, whatever the limits are by then", () => {
  const limits = fc.record({
    maxConnections: fc.constantFrom(0, 3),
    maxConnectionsPerClient: fc.constantFrom(0, 2),
    connectionRate: fc.constantFrom(0, 4),
    connectionRatePerClient: fc.constantFrom(0, 2),
  });
  const visit = fc.record({ limits, client: fc.nat(2), slot: fc.nat(1), leaves: fc.boolean() });
  fc.assert(
    fc.property(fc.array(visit, { maxLength: 60 }), (visits) => {
      const door = new Door();
      const inside: { slot: 0 | 1; place: number }[] = [];
      for (const { limits, client, slot, leaves } of visits) {
        const session = leaves ? inside.shift() : undefined;
        if (session !== undefined) door.workers[session.slot].leave(session.place);
        door.nowMs += 100;
        const worker = door.workers[slot as 0 | 1];
        if (finalVerdict(worker, limited(limits), from(`10.0.0.${client}`)) === "admitted") {
          inside.push({ slot: slot as 0 | 1, place: worker.clientPlace });
        }
        assertEquals(door.active, inside.length);
      }
      for (const { slot, place } of inside) door.workers[slot].leave(place);
      assertEquals(door.active, 0);
      for (let client = 0; client < 3; client++) {
        assertEquals(door.sessionsOf(from(`10.0.0.${client}`)), 0);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("Admission.admit() gives a dead worker's clients their places back", () => {
  const door = new Door();
  const [first, second] = door.workers;
  const settings = limited({ maxConnections: 2, maxConnectionsPerClient: 1 });
  const client = from("192.0.2.1");
  assertEquals(finalVerdict(second, settings, client), "admitted");
  assertEquals(finalVerdict(second, settings, from("192.0.2.2")), "admitted");
  assertEquals(finalVerdict(first, settings, client), "max_connections");
  door.state.releaseWorker(1);
  assertEquals(finalVerdict(first, settings, client), "admitted");
  assertEquals(finalVerdict(first, settings, client), "max_connections_per_client");
  assertEquals(door.active, 1);
});

Deno.test("Admission.admit() counts an IPv6 network as one client, by its prefix", () => {
  const settings = limited({ maxConnectionsPerClient: 1, clientPrefixV6: 56, clientPrefixV4: 24 });
  const door = new Door();
  const one = (client: string) => finalVerdict(door.workers[0], settings, from(client));
  assertEquals(one("2001:db8::1"), "admitted");
  assertEquals(one("2001:db8:0:ff::1"), "max_connections_per_client");
  assertEquals(one("2001:db8:0:100::1"), "admitted");
  assertEquals(one("192.0.2.1"), "admitted");
  assertEquals(one("192.0.2.9"), "max_connections_per_client");
  assertEquals(one("192.0.3.1"), "admitted");
});

/** The n-th address of an attacker who has 2001:db8::/32, each in a /64 of its own. */
function attackingAddress(n: number): string {
  return `2001:db8:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}::1`;
}

Deno.test("an attacker with one IPv6 network neither passes the limits nor fills the table", () => {
  const door = new Door();
  const settings = limited({ maxConnectionsPerClient: 3 });
  const verdicts = Array.from({ length: 100_000 }, (_, n) => {
    const host = `2001:db8::${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}`;
    return finalVerdict(door.workers[0], settings, from(host));
  });
  assertEquals(verdicts.filter((verdict) => verdict === "admitted").length, 3);
  assertEquals([door.tally(ListenerTally.sharedLimits), door.notices], [0, 0]);
});

Deno.test("an attacker who fills the table gains nothing, and shuts out no other network", () => {
  const door = new Door();
  const [first, second] = door.workers;
  const settings = limited({ maxConnectionsPerClient: 2, connectionRatePerClient: 100 });
  const { places, seeds } = door.state.layout.clients;
  // Not by chance: of those who share places, two networks may have the same one.
  new BigInt64Array(door.state.buffer).set([123456789n, -987654321n], seeds);
  const networks = 4;
  let entered = 0;
  // Whole /48s, one session from each /64 of theirs: more clients than the table has places for.
  for (let n = 0; n < networks << 16; n++) {
    if (finalVerdict(first, settings, from(attackingAddress(n))) === "admitted") entered++;
  }
  // Each of the networks shares one place, whose limit holds for all of it.
  assert(entered <= places + 2 * networks, `${entered} sessions`);
  assert(door.tally(ListenerTally.sharedLimits) > 0);
  assertEquals(door.notices, 1);
  const honest = ["198.51.100.7", "203.0.113.9", "2a00:1450::1", "2600:1f00::1"];
  for (const client of honest) {
    assertEquals(finalVerdict(second, settings, from(client)), "admitted", client);
    const firstPlace = second.clientPlace;
    assertEquals(finalVerdict(second, settings, from(client)), "admitted", client);
    assertEquals(
      finalVerdict(second, settings, from(client)),
      "max_connections_per_client",
      client,
    );
    second.leave(firstPlace);
    assertEquals(finalVerdict(second, settings, from(client)), "admitted", client);
  }
});

Deno.test("Admission.leave() gives back what clients shared, also for a dead worker", () => {
  const door = new Door();
  const [first, second] = door.workers;
  fillTable(door.state);
  const settings = limited({ maxConnectionsPerClient: 2 });
  const neighbours = ["192.0.2.1", "192.0.200.2", "192.0.3.3"].map(from) as [
    Entrant,
    Entrant,
    Entrant,
  ];
  assertEquals(finalVerdict(first, settings, neighbours[0]), "admitted");
  const { clientPlace } = first;
  assertEquals(finalVerdict(second, settings, neighbours[1]), "admitted");
  assertEquals(finalVerdict(first, settings, neighbours[2]), "max_connections_per_client");
  first.leave(clientPlace);
  assertEquals(finalVerdict(first, settings, neighbours[2]), "admitted");
  door.state.releaseWorker(1);
  assertEquals(finalVerdict(first, settings, neighbours[0]), "admitted");
  assertEquals(finalVerdict(first, settings, neighbours[1]), "max_connections_per_client");
  assertEquals(door.tally(ListenerTally.sharedLimits), 6);
  assertEquals(door.active, 2);
});

Deno.test("Admission.admit() holds the rate of those who share it", () => {
  const door = new Door();
  const [first] = door.workers;
  fillTable(door.state);
  const settings = limited({ connectionRatePerClient: 3 });
  const admitted = () =>
    Array.from({ length: 50 }, (_, n) => finalVerdict(first, settings, from(`192.0.2.${n}`)))
      .filter((verdict) => verdict === "admitted").length;
  assertEquals(admitted(), 3);
  door.nowMs += 1001;
  assertEquals(admitted(), 3);
});

Deno.test("Admission.admit() says once an hour that the table is full", () => {
  const door = new Door();
  fillTable(door.state);
  const settings = limited({ maxConnectionsPerClient: 100 });
  for (let minute = 0; minute < 150; minute++) {
    for (const worker of door.workers) finalVerdict(worker, settings, from(`192.0.2.${minute}`));
    door.nowMs += 60_000;
  }
  assertEquals(door.notices, 3);
});

/** Takes every place, as long-lived clients of another worker would. */
function fillTable(state: SharedState): void {
  const { clients } = state.layout;
  const cells = new BigInt64Array(state.buffer);
  for (let place = 0; place < clients.places; place++) {
    cells.set([1n, 1n << 34n | 3n << 32n | 1n], clients.cells + place * CLIENT_STRIDE);
  }
}
