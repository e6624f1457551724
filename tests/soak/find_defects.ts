import type { ClientOutcome } from "../support/load.ts";
import type { TimedRecord } from "../support/reloadable_weir.ts";
import type { Kill } from "./events.ts";

/** The traces that a soak has left. */
export interface SoakTraces {
  /** The key of the listener under load. */
  readonly listener: string;
  /** How many clients there were. */
  readonly started: number;
  /** The clients that did not get what they wanted. */
  readonly failed: readonly ClientOutcome[];
  readonly kills: readonly Kill[];
  /** The access log. */
  readonly records: readonly TimedRecord[];
  /** The log, in JSON. */
  readonly log: string;
  /** Taken when no session was open. */
  readonly metrics: ReadonlyMap<string, number>;
  /** One sample a second, or so. */
  readonly residentBytes: readonly number[];
  /** Before and after, when no session was open. */
  readonly sockets: readonly [number, number];
}

/** What is wrong, in words, and how many clients failed for a reason that is not Weir's fault. */
export interface Findings {
  readonly defects: readonly string[];
  readonly explained: number;
}

/** Fewer samples than this say nothing about memory. */
const FEWEST_SAMPLES = 30;
/** How much memory may grow from early in the run, once V8 has sized its heap, to the end. */
const MOST_GROWTH = 1.25;
/** How many defects of one kind are reported. */
const MOST_EXAMPLES = 5;
/** Times of two processes' clocks, in whole milliseconds. */
const CLOCK_SLACK_MS = 50;
const UNWANTED = /unexpected error|nhandled|Uncaught|panicked|died|given up|"level":"(fatal)"/;

/** Finds what Weir's semantics do not explain. */
export function findDefects(traces: SoakTraces): Findings {
  const unexplained = traces.failed.filter((outcome) => !isExplained(outcome, traces));
  return {
    explained: traces.failed.length - unexplained.length,
    defects: [
      ...unexplained.slice(0, MOST_EXAMPLES).map((outcome) => describeFailure(outcome, traces)),
      ...(unexplained.length > MOST_EXAMPLES
        ? [`${unexplained.length} clients failed in all that no killed backend explains`]
        : []),
      ...findInLog(traces.log),
      ...findInCounts(traces),
      ...findGrowth(traces),
    ],
  };
}

/** Whether a client's backend was killed during its session. */
function isExplained(outcome: ClientOutcome, { kills, records }: SoakTraces): boolean {
  const record = recordOf(outcome, records);
  if (record === undefined && !wasResetWhileConnecting(outcome)) return false;
  return kills.some(({ backend, fromMs, toMs }) =>
    (record === undefined || backend === record.backend) &&
    fromMs <= outcome.endedAtMs && toMs >= outcome.startedAtMs
  );
}

/**
 * Whether a client heard of a reset before it heard that it was connected: a busy machine may let
 * Weir accept a client, and pass its backend's reset on, before the client has its turn. Nobody
 * knows its port then.
 */
function wasResetWhileConnecting({ port, problem = "" }: ClientOutcome): boolean {
  return port === 0 && /reset by peer/i.test(problem);
}

function recordOf(
  { port, startedAtMs, endedAtMs }: ClientOutcome,
  records: readonly TimedRecord[],
): TimedRecord | undefined {
  return records.find(({ client, time }) => {
    if (client !== `127.0.0.1:${port}`) return false;
    const atMs = Date.parse(time);
    return atMs >= startedAtMs - CLOCK_SLACK_MS && atMs <= endedAtMs + CLOCK_SLACK_MS;
  });
}

function describeFailure(outcome: ClientOutcome, { records }: SoakTraces): string {
  const record = recordOf(outcome, records);
  const logged = record === undefined ? "it is not in the access log" : JSON.stringify(record);
  const tookMs = outcome.endedAtMs - outcome.startedAtMs;
  return `Client ${outcome.index} failed after ${tookMs} ms: ${outcome.problem}; ${logged}`;
}

function findInLog(log: string): string[] {
  return log.split("\n").filter((line) => UNWANTED.test(line)).slice(0, MOST_EXAMPLES)
    .map((line) => `The log has: ${line}`);
}

/** Whether the counts are right: no session is left, and every client was logged. */
function findInCounts({ listener, started, failed, records, metrics }: SoakTraces): string[] {
  const defects: string[] = [];
  for (const [name, value] of metrics) {
    if (/(active|queued)_sessions\{/.test(name) && value !== 0) {
      defects.push(`${name} is ${value} when no session is open`);
    }
  }
  const accepted = metrics.get(`weir_listener_accepted_total{listener="${listener}"}`) ?? 0;
  const logged = records.filter((record) => record.listener === listener).length;
  if (logged !== accepted) {
    defects.push(`${accepted} clients were accepted, and the access log has ${logged} lines`);
  }
  const connected = started - failed.filter(({ port }) => port === 0).length;
  const perhaps = failed.filter(wasResetWhileConnecting).length;
  if (accepted < connected || accepted > connected + perhaps) {
    defects.push(`${connected} clients were connected, and ${accepted} were accepted`);
  }
  return defects;
}

function findGrowth({ residentBytes, sockets }: SoakTraces): string[] {
  const defects: string[] = [];
  const [before, after] = sockets;
  if (after > before) defects.push(`${before} sockets have become ${after}`);
  if (residentBytes.length < FEWEST_SAMPLES) return defects;
  const fifth = Math.floor(residentBytes.length / 5);
  const early = median(residentBytes.slice(fifth, 2 * fifth));
  const late = median(residentBytes.slice(-fifth));
  if (late > early * MOST_GROWTH) {
    defects.push(`Memory has grown from ${mebibytes(early)} to ${mebibytes(late)}`);
  }
  return defects;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
}

/** For display. */
export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
