import { assertEquals } from "@std/assert";
import { parseSettings } from "../../lib/config/load_settings.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { CloseReason } from "../../lib/log/close_reason.ts";
import { configureLogging, resetLogging } from "../../lib/log/logging.ts";
import type { SessionRecord } from "../../lib/log/session_record.ts";
import { AccessLogOwner } from "../../lib/supervisor/access_log_owner.ts";
import { EventLog } from "../../lib/supervisor/event_log.ts";
import { Supervisor } from "../../lib/supervisor/supervisor.ts";
import { type Books, readBooks } from "./books.ts";
import type { EngineUnderTest } from "./engines_under_test.ts";
import { freePort } from "./free_ports.ts";
import { eventually, within } from "./patience.ts";
import { type TestConfig, testConfig } from "./test_config.ts";

/** One line of the access log. */
export interface AccessRecord {
  readonly client: string;
  readonly listener: string;
  readonly pool: string;
  readonly backend: string | null;
  readonly connect_ms: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly retries: number;
  readonly tried: SessionRecord["tried"];
  readonly close_code: string;
  readonly ended_by: CloseReason["by"];
  readonly phase: CloseReason["phase"];
  readonly reason: string;
}

/** What a test asks Weir to do. Absent keys have their defaults. */
export interface WeirUnderTest extends Omit<TestConfig, "port"> {
  /** Whether a session may kill its worker; see `fragile_port.ts`. @default {false} */
  readonly fragile?: boolean;
}

const DEFAULTS = {
  workers: 2,
  drain_timeout: "5s",
  log_format: "json",
  log_level: "debug",
  access_log: "in memory",
  // A probe must not be taken for a client, nor a backend be left out that a case relies on.
  health_check: "off",
  max_fails: 0,
};

/**
 * Weir inside the test's own process, with real worker threads and sockets, one listener on a free
 * port, and access to everything that it logs. Use it with `await using`.
 */
export class RunningWeir implements AsyncDisposable {
  readonly supervisor: Supervisor;
  readonly port: number;
  readonly #accessLog: AccessLogOwner;
  readonly #records: AccessRecord[];
  readonly #lines: string[];
  #drained: Promise<number> | undefined;
  #closed = false;

  private constructor(
    supervisor: Supervisor,
    port: number,
    accessLog: AccessLogOwner,
    records: AccessRecord[],
    lines: string[],
  ) {
    this.supervisor = supervisor;
    this.port = port;
    this.#accessLog = accessLog;
    this.#records = records;
    this.#lines = lines;
  }

  /** Starts it, and resolves when it listens. */
  static async start(engine: EngineUnderTest, inputs: WeirUnderTest): Promise<RunningWeir> {
    const port = freePort();
    const lines: string[] = [];
    const records: AccessRecord[] = [];
    configureLogging({ level: "debug", format: "json", write: (line) => lines.push(line) });
    const settings = readSettings(engine, inputs, port);
    const accessLog = new AccessLogOwner({
      openFile: () => Promise.resolve(collectInto(records)),
    });
    await accessLog.use(settings.accessLog);
    const supervisor = new Supervisor({
      events: new EventLog(),
      settings,
      workerUrls: inputs.fragile ? engine.fragileWorkerUrls : engine.workerUrls,
      accessLog,
    });
    const weir = new RunningWeir(supervisor, port, accessLog, records, lines);
    try {
      assertEquals(await within("the workers", supervisor.start()), []);
    } catch (error) {
      await weir[Symbol.asyncDispose]();
      throw error;
    }
    return weir;
  }

  /** Lines of the log so far, each a JSON object. */
  get log(): string {
    return this.#lines.join("");
  }

  /** Sessions at this moment. */
  get active(): number {
    return this.books.active;
  }

  /** What the shared state says now. */
  get books(): Books {
    return readBooks(this.supervisor);
  }

  /** Waits until `count` sessions have been logged, and returns all that were. */
  async records(count: number): Promise<readonly AccessRecord[]> {
    await eventually(
      `the access log has ${count} lines`,
      () => this.#records.length >= count,
    );
    return this.#records;
  }

  /** Waits until `count` sessions are open. */
  async activeIs(count: number): Promise<void> {
    await eventually(`${count} sessions are open`, () => this.active === count);
  }

  /** Waits until the log has a match. */
  async logged(pattern: RegExp): Promise<void> {
    await eventually(`the log has ${pattern}`, () => pattern.test(this.log));
  }

  /** Drains, and returns how many sessions had to be closed. */
  drain(): Promise<number> {
    this.#drained ??= this.supervisor.drain();
    return this.#drained;
  }

  /**
   * Ends Weir when all of a case's sessions have ended, and checks that its books are in order:
   * every lease has ended, and shared state and access log agree.
   *
   * @returns every session's record
   */
  async finish(): Promise<readonly AccessRecord[]> {
    if (this.#drained === undefined) {
      assertEquals(await within("the drain", this.drain()), 0, "sessions were left");
    }
    await this.#accessLog.close();
    const { books } = this;
    assertEquals(books.busyRows, [], "rows that still count sessions");
    assertEquals(this.#records.length, books.admitted, "lines of the access log");
    assertEquals(sum(this.#records, "bytes_in"), books.bytesIn, "bytes_in");
    assertEquals(sum(this.#records, "bytes_out"), books.bytesOut, "bytes_out");
    const inVain = books.connectFailures + books.connectTimeouts + books.portsExhausted;
    assertEquals(sum(this.#records, "retries"), inVain, "backends tried without success");
    const connected = this.#records.filter((record) => record.connect_ms >= 0);
    assertEquals(connected.length, books.sessions, "sessions that were connected");
    assertEquals(this.#lines.filter((line) => line.includes('"level":"error"')), []);
    return this.#records;
  }

  /** Ends whatever is still running. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.supervisor.terminate();
    await this.#accessLog.close();
    resetLogging();
  }
}

function readSettings(engine: EngineUnderTest, inputs: WeirUnderTest, port: number): Settings {
  const options = { ...DEFAULTS, engine: engine.name, ...inputs.options };
  const text = testConfig({ ...inputs, port, options });
  const { settings, diagnostics } = parseSettings(text, "test.cfg", {
    cores: 2,
    privileged: true,
  });
  if (settings === undefined) throw new Error(JSON.stringify(diagnostics));
  return settings;
}

function collectInto(records: AccessRecord[]): {
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
} {
  const decoder = new TextDecoder();
  return {
    write: (bytes) => {
      const lines = decoder.decode(bytes).split("\n").filter((line) => line !== "");
      records.push(...lines.map((line) => JSON.parse(line) as AccessRecord));
      return Promise.resolve(bytes.length);
    },
    close: () => {},
  };
}

function sum(
  records: readonly AccessRecord[],
  field: "bytes_in" | "bytes_out" | "retries",
): number {
  return records.reduce((total, record) => total + record[field], 0);
}
