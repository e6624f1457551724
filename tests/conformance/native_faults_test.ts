/** The native engine over a C library that fails at chosen calls: only the session concerned may suffer. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { echo, sayAndClose, summarise } from "../support/conducts.ts";
import { type EngineUnderTest, faultyEngine } from "../support/engines_under_test.ts";
import type { Fault } from "../support/faulty_libc.ts";
import { nativeTest } from "../support/native_test.ts";
import { eventually, within } from "../support/patience.ts";
import { type AccessRecord, RunningWeir } from "../support/running_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { seededBytes, sha256 } from "../support/test_bytes.ts";

const SMALL = seededBytes(40, 100_000);
/** Enough to be spliced. */
const BULK = seededBytes(41, 4 * 1024 * 1024);
const SESSIONS = 30;
const ONE_WORKER = { workers: 1, health_check: "off" };

function faultTest(
  name: string,
  faults: readonly Fault[],
  fn: (engine: EngineUnderTest) => Promise<void>,
) {
  nativeTest(["all"], `native ${name}`, async () => {
    const before = openSockets();
    await fn(faultyEngine(faults));
    await eventually("every descriptor is closed", () => openSockets() <= before);
  });
}

/** Faults that no session may notice. */
const HARMLESS: Readonly<Record<string, readonly Fault[]>> = {
  "reading is interrupted": [{ call: "recv", every: 3, errno: "EINTR" }],
  "reading finds nothing for now": [{ call: "recv", every: 3, errno: "EAGAIN" }],
  "reads are short": [{ call: "recv", every: 2, atMost: 7 }],
  "writing is interrupted": [{ call: "send", every: 3, errno: "EINTR" }],
  "writes find no room for now": [{ call: "send", every: 3, errno: "EAGAIN" }],
  "writes are short": [{ call: "send", every: 2, atMost: 7 }],
  "reads and writes are short": [
    { call: "recv", every: 2, atMost: 100 },
    { call: "send", every: 3, atMost: 30 },
    { call: "send", every: 5, errno: "EAGAIN" },
  ],
  "splicing is interrupted": [{ call: "splice", every: 3, errno: "EINTR" }],
  "splicing finds nothing for now": [{ call: "splice", every: 3, errno: "EAGAIN" }],
  "splices are short": [{ call: "splice", every: 2, atMost: 1000 }],
  "splices are very short": [{ call: "splice", every: 2, atMost: 7 }],
  "the kernel does not splice": [{ call: "splice", errno: "EINVAL" }],
  "there are no pipes": [{ call: "pipe2", errno: "EMFILE" }],
  "accepting is interrupted": [{ call: "accept4", every: 2, errno: "EINTR" }],
  "clients leave before they are accepted": [{ call: "accept4", every: 2, errno: "ECONNABORTED" }],
  "accepting finds no client for now": [{ call: "accept4", every: 2, errno: "EAGAIN" }],
  "waiting is interrupted": [{ call: "epoll_wait", every: 2, errno: "EINTR" }],
  "options cannot be set on backends' sockets": [{
    call: "setsockopt",
    after: 4,
    errno: "ENOBUFS",
  }],
};

for (const [what, faults] of Object.entries(HARMLESS)) {
  faultTest(`serves everybody while ${what}`, faults, async (engine) => {
    await using backend = new TestBackend(echo);
    await using weir = await RunningWeir.start(engine, {
      backends: [backend.name],
      options: ONE_WORKER,
    });
    for (const bytes of [SMALL, BULK]) {
      const count = bytes === BULK ? 3 : SESSIONS;
      await Promise.all(Array.from({ length: count }, () => exchange(weir.port, bytes)));
    }
    const records = await weir.finish();
    assertEquals(records.filter(({ close_code }) => close_code !== "--"), []);
    assertEquals(records.length, SESSIONS + 3);
  });
}

/** A fault that must end one session, and how it is logged. */
const FATAL: readonly {
  readonly what: string;
  readonly fault: Fault;
  readonly ending: readonly string[];
  readonly isLoggedAsError?: boolean;
}[] = [
  { what: "reading fails", fault: { call: "recv", errno: "ECONNRESET" }, ending: ["CD", "SD"] },
  { what: "writing fails", fault: { call: "send", errno: "EPIPE" }, ending: ["CD", "SD"] },
  {
    what: "the kernel has no buffers",
    fault: { call: "send", errno: "ENOBUFS" },
    ending: ["RD"],
  },
  { what: "splicing fails", fault: { call: "splice", errno: "ECONNRESET" }, ending: ["CD", "SD"] },
  {
    what: "there is no socket to be had",
    fault: { call: "socket", errno: "EMFILE" },
    ending: ["RC"],
  },
  {
    what: "there is no port to be had",
    fault: { call: "connect", errno: "EADDRNOTAVAIL" },
    ending: ["RC"],
  },
  {
    what: "there is no route to a backend",
    fault: { call: "connect", errno: "EHOSTUNREACH" },
    ending: ["SC"],
  },
  {
    what: "the kernel watches no more descriptors",
    fault: { call: "epoll_ctl", after: 3, errno: "ENOMEM" },
    ending: ["RC", "RD"],
    isLoggedAsError: true,
  },
];

for (const { what, fault, ending, isLoggedAsError } of FATAL) {
  // The worker's own listening socket is the first.
  const after = fault.call === "socket" ? 6 : fault.after ?? 5;
  const faults = [{ ...fault, after, times: 1 }];
  faultTest(`ends one session and no other where ${what}`, faults, async (engine) => {
    await using backend = new TestBackend(echo);
    await using weir = await RunningWeir.start(engine, {
      backends: [backend.name],
      options: ONE_WORKER,
    });
    const bytes = fault.call === "splice" ? BULK : SMALL;
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => exchange(weir.port, bytes)),
    );
    assertGreater(results.filter(({ status }) => status === "fulfilled").length, 8);
    const records = isLoggedAsError ? await ended(weir, 10) : await weir.finish();
    const codes = records.map(({ close_code }) => close_code).filter((code) => code !== "--");
    assertEquals(codes.length, 1, JSON.stringify(codes));
    assert(ending.includes(codes[0] as string), codes[0]);
  });
}

faultTest("accepts again when descriptors are to be had again", [
  { call: "accept4", after: 1, times: 4, errno: "EMFILE" },
], async (engine) => {
  await using backend = new TestBackend(echo);
  await using weir = await RunningWeir.start(engine, {
    backends: [backend.name],
    options: ONE_WORKER,
  });
  await Promise.all(Array.from({ length: SESSIONS }, () => exchange(weir.port, SMALL)));
  assert(/Could not accept a client/.test(weir.log), weir.log);
  assertEquals((await weir.finish()).length, SESSIONS);
});

faultTest("goes on accepting after an error that no rule accounts for", [
  { call: "accept4", after: 1, times: 4, thrown: "a defect" },
], async (engine) => {
  await using backend = new TestBackend(echo);
  await using weir = await RunningWeir.start(engine, {
    backends: [backend.name],
    options: ONE_WORKER,
  });
  await Promise.all(Array.from({ length: SESSIONS }, () => exchange(weir.port, SMALL)));
  assert(/Could not accept a client [^"]*unexpectedly: Error: a defect/.test(weir.log), weir.log);
  assertEquals((await weir.finish()).length, SESSIONS);
});

// It watches for messages, for clients, and both ends of the first session; then for no clients, for
// as long as the pause lasts that follows from a failure, and then for clients again.
faultTest("goes on accepting where the kernel cannot watch for clients for a while", [
  { call: "accept4", after: 2, times: 1, errno: "EMFILE" },
  { call: "epoll_ctl", after: 5, times: 1, errno: "ENOMEM" },
], async (engine) => {
  await using backend = new TestBackend(echo);
  await using weir = await RunningWeir.start(engine, {
    backends: [backend.name],
    options: ONE_WORKER,
  });
  for (let clients = 0; clients < 3; clients++) {
    using client = await SocketEnd.connect(weir.port);
    await client.ping();
    client.close();
    await weir.activeIs(0);
  }
  assert(/Could not accept a client [^"]*accept4: Too many open files/.test(weir.log), weir.log);
  assert(/Could not accept a client [^"]*epoll_ctl: Out of memory/.test(weir.log), weir.log);
  assertEquals((await weir.finish()).length, 3);
});

faultTest("goes on to another backend where connecting fails at once", [
  { call: "connect", every: 2, errno: "ENETUNREACH" },
], async (engine) => {
  await using first = new TestBackend(echo);
  await using second = new TestBackend(echo);
  await using weir = await RunningWeir.start(engine, {
    backends: [first.name, second.name],
    options: { ...ONE_WORKER, max_fails: 0 },
  });
  for (let i = 0; i < 10; i++) await exchange(weir.port, SMALL);
  const records = await weir.finish();
  assertEquals(records.filter(({ close_code }) => close_code !== "--"), []);
  assertGreater(weir.books.connectFailures, 5);
});

faultTest("ends the session where a half-close cannot be passed on", [
  { call: "shutdown", times: 1, errno: "ENOTCONN" },
], async (engine) => {
  await using backend = new TestBackend(sayAndClose("bye"));
  await using weir = await RunningWeir.start(engine, {
    backends: [backend.name],
    options: ONE_WORKER,
  });
  using client = await SocketEnd.connect(weir.port);
  await client.finish();
  const { length } = await within("the client's end", client.readAll());
  assertEquals(length, "bye".length);
  const [record] = await weir.finish();
  assert(["--", "CD", "SD"].includes(record?.close_code ?? ""), record?.close_code);
});

faultTest("ends the session where the client's own address cannot be announced", [
  { call: "getsockname", after: 1, times: 1, errno: "ENOBUFS" },
], async (engine) => {
  await using backend = new TestBackend(summarise);
  await using weir = await RunningWeir.start(engine, {
    backends: [backend.name],
    options: { ...ONE_WORKER, proxy_protocol: "v1" },
  });
  using client = await SocketEnd.connect(weir.port);
  assertEquals((await within("the client's end", client.readAll())).length, 0);
  assertEquals((await weir.finish())[0]?.close_code, "RC");
});

faultTest("holds no descriptor and no pipe after many sessions", [], async (engine) => {
  await using backend = new TestBackend(echo);
  await using weir = await RunningWeir.start(engine, {
    backends: [backend.name],
    options: ONE_WORKER,
  });
  await exchange(weir.port, BULK);
  await weir.activeIs(0);
  const before = openSockets();
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 50 }, () => exchange(weir.port, SMALL)));
  }
  await Promise.all(Array.from({ length: 4 }, () => exchange(weir.port, BULK)));
  await weir.activeIs(0);
  await eventually("every connection is closed", () => openSockets() <= before);
  await weir.finish();
});

/** Sends bytes to an echo, and checks what comes back. */
async function exchange(port: number, bytes: Uint8Array): Promise<void> {
  using client = await SocketEnd.connect(port);
  const [sending, receiving] = await Promise.allSettled([
    client.send(bytes).then(() => client.finish()),
    client.readAll(),
  ]);
  if (receiving.status === "rejected") throw receiving.reason;
  assertEquals(receiving.value, { length: bytes.length, sha256: sha256(bytes), ending: "end" });
  if (sending.status === "rejected") throw sending.reason;
}

/** The records of sessions, one of which ended with an error that is logged as such. */
async function ended(weir: RunningWeir, count: number): Promise<readonly AccessRecord[]> {
  const records = await weir.records(count);
  assertEquals(await weir.drain(), 0);
  assertEquals(weir.books.busyRows, []);
  return records;
}

/** Sockets of this process, workers included; pipes that wait to be used again are left out. */
function openSockets(): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith("socket:")) count++;
    } catch {
      // It was closed meanwhile.
    }
  }
  return count;
}
