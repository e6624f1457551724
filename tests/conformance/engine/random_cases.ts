import { assert, assertEquals } from "@std/assert";
import { Random } from "../../../lib/base/random.ts";
import { howMany } from "../../support/long_tests.ts";
import { pause, within } from "../../support/patience.ts";
import { ResettableBackend, ResettableEnd } from "../../support/resettable_end.ts";
import { type AccessRecord, RunningWeir } from "../../support/running_weir.ts";
import type { Ending } from "../../support/socket_end.ts";
import { seededBytes } from "../../support/test_bytes.ts";
import type { EngineCase } from "./engine_case.ts";

/** How many sessions are generated. */
const RANDOM_SESSIONS = howMany(300, 3_000);
const AT_ONCE = 30;
const MOST_STEPS = 8;
const LONGEST_WRITE = 20_000;
const LONGEST_PAUSE_MS = 4;
const RESET_SHARE = 0.15;

type Step =
  | { readonly do: "write"; readonly bytes: number }
  | { readonly do: "pause"; readonly ms: number };

/** What one side does, apart from reading all the time. */
interface Script {
  readonly steps: readonly Step[];
  /** `finish` half-closes and waits for the other's end; `finish, reset` does not wait for it. */
  readonly last: "finish" | "reset" | "finish, reset";
  /** What it sends in all. */
  readonly data: Uint8Array;
}

/** The outcome of a script. */
interface Outcome {
  readonly received: Uint8Array;
  readonly ending: Ending;
}

/** A generated session: what both sides do. */
interface Plan {
  readonly index: number;
  readonly client: Script;
  readonly backend: Script;
}

interface Result {
  readonly client: Outcome;
  readonly backend: Outcome;
  readonly clientPort: number;
}

/**
 * Sessions generated from a seed, once over Weir and once over a direct connection.
 *
 * If neither side resets, everything must be the same: all bytes, and a regular end on both sides.
 * If one does, two things may legitimately differ, as they depend only on timing and differ between
 * two direct connections as well:
 *
 * - how much arrives. A reset discards what is in flight in the sender's and the receiver's
 *   buffers, so that the other side has some first part of what was sent, and so has the one who
 *   resets of what was sent to it;
 * - whether the other side sees a reset or an end. Weir closes the other connection when one is
 *   broken off, and `close` sends an orderly end unless unread bytes are thrown away with it.
 *
 * What may not happen is that bytes are changed or made up, that a side waits forever, or that the
 * access log blames a side that did not break anything off.
 */
export const RANDOM_CASES: readonly EngineCase[] = [{
  name: `moves the bytes of ${RANDOM_SESSIONS} made-up sessions as a direct connection does`,
  async run(engine) {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = Random.fromSeed(seed);
    const plans = Array.from({ length: RANDOM_SESSIONS }, (_, index) => makeUp(index, random.next));
    await using backend = await ScriptedBackend.open(plans);
    const direct = await runAll(plans, backend, backend.port);
    await using weir = await RunningWeir.start(engine, {
      backends: [backend.name],
      options: { buffer_size: 4096 },
    });
    const proxied = await runAll(plans, backend, weir.port);
    await weir.activeIs(0);
    const records = Map.groupBy(await weir.finish(), ({ client }) => client);
    for (const plan of plans) {
      const where = `seed ${seed}, session ${plan.index}`;
      const result = proxied[plan.index] as Result;
      check(plan, direct[plan.index] as Result, `${where}, direct`);
      check(plan, result, where);
      checkBlame(plan, records.get(`127.0.0.1:${result.clientPort}`) ?? [], where);
    }
  },
}];

function makeUp(index: number, random: () => number): Plan {
  const below = (limit: number): number => Math.floor(random() * limit);
  function script(seed: number): Script {
    const steps: Step[] = Array.from(
      { length: below(MOST_STEPS + 1) },
      () =>
        random() < 0.7
          ? { do: "write", bytes: 1 + below(LONGEST_WRITE) }
          : { do: "pause", ms: below(LONGEST_PAUSE_MS) },
    );
    const length = steps.reduce((sum, step) => sum + (step.do === "write" ? step.bytes : 0), 0);
    const resets = random() < RESET_SHARE;
    const last = !resets ? "finish" : random() < 0.5 ? "reset" : "finish, reset";
    return { steps, last, data: seededBytes(seed, length) };
  }
  return { index, client: script(2 * index), backend: script(2 * index + 1) };
}

function check({ client, backend }: Plan, result: Result, where: string): void {
  if (client.last === "finish" && backend.last === "finish") {
    assertEquals(result.client.ending, "end", where);
    assertEquals(result.backend.ending, "end", where);
    assertEquals(result.client.received.length, backend.data.length, where);
    assertEquals(result.backend.received.length, client.data.length, where);
  }
  assert(startsWith(backend.data, result.client.received), `${where}: the client's bytes`);
  assert(startsWith(client.data, result.backend.received), `${where}: the backend's bytes`);
}

/** @param records of all sessions from the client's port: systems reuse one for several, in turn */
function checkBlame({ client, backend }: Plan, records: readonly AccessRecord[], where: string) {
  assert(records.length > 0, `${where} is not in the access log`);
  const blameable = ["done"];
  if (client.last !== "finish") blameable.push("client");
  if (backend.last !== "finish") blameable.push("backend");
  const blamed = records.map(({ ended_by }) => ended_by);
  assert(blamed.some((each) => blameable.includes(each)), `${where}: blames the ${blamed}`);
}

function startsWith(whole: Uint8Array, start: Uint8Array): boolean {
  return start.length <= whole.length && start.every((byte, index) => byte === whole[index]);
}

/** Runs all sessions, a few at a time. */
async function runAll(
  plans: readonly Plan[],
  backend: ScriptedBackend,
  port: number,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = plans.values();
  async function work(): Promise<void> {
    for (const plan of queue) {
      const what = `session ${plan.index}: ${
        JSON.stringify([plan.client.steps, plan.client.last])
      }`;
      results[plan.index] = await within(what, runOne(plan, backend, port));
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

async function runOne(plan: Plan, backend: ScriptedBackend, port: number): Promise<Result> {
  const served = backend.outcomeOf(plan.index);
  const client = await ResettableEnd.connect(port);
  const clientPort = client.port;
  // The first bytes say which script the backend follows, and it begins when it has them.
  await client.send(new Uint8Array(Uint32Array.of(plan.index).buffer));
  await client.receivedAtLeast(1);
  const [outcome, backendOutcome] = await Promise.all([perform(client, plan.client, 1), served]);
  return { client: outcome, backend: backendOutcome, clientPort };
}

/** @param skipped bytes received before the script began */
async function perform(end: ResettableEnd, script: Script, skipped: number): Promise<Outcome> {
  let sent = 0;
  for (const step of script.steps) {
    if (step.do === "pause") await pause(step.ms);
    else if (await end.send(script.data.subarray(sent, sent + step.bytes))) sent += step.bytes;
    else break;
  }
  if (script.last !== "reset") await end.finish();
  if (script.last !== "finish") await end.reset();
  const ending = await end.ended;
  await end.close();
  return { received: end.received().subarray(skipped), ending };
}

/** A backend that follows the script that the client asks for. */
class ScriptedBackend implements AsyncDisposable {
  readonly #backend: ResettableBackend;
  readonly #expected: Map<number, (outcome: Outcome) => void>;

  private constructor(
    backend: ResettableBackend,
    expected: Map<number, (outcome: Outcome) => void>,
  ) {
    this.#backend = backend;
    this.#expected = expected;
  }

  static async open(plans: readonly Plan[]): Promise<ScriptedBackend> {
    const expected = new Map<number, (outcome: Outcome) => void>();
    const backend = await ResettableBackend.open(async (end) => {
      await end.receivedAtLeast(4);
      const index = new DataView(end.received().slice(0, 4).buffer).getUint32(0, true);
      await end.send(Uint8Array.of(0));
      const outcome = await perform(end, (plans[index] as Plan).backend, 4);
      expected.get(index)?.(outcome);
    });
    return new ScriptedBackend(backend, expected);
  }

  get port(): number {
    return this.#backend.port;
  }

  get name(): string {
    return this.#backend.name;
  }

  /** The outcome of the next session with that number, from the backend's point of view. */
  outcomeOf(index: number): Promise<Outcome> {
    return new Promise((resolve) => this.#expected.set(index, resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#backend[Symbol.asyncDispose]();
  }
}
