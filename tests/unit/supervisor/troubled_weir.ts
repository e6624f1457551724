import { assert } from "@std/assert";
import { existsSync } from "node:fs";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { Settings } from "../../../lib/config/settings.ts";
import type { ToWorker } from "../../../lib/engine/messages.ts";
import { configureLogging, resetLogging } from "../../../lib/log/logging.ts";
import { AccessLogOwner } from "../../../lib/supervisor/access_log_owner.ts";
import { EventLog } from "../../../lib/supervisor/event_log.ts";
import { Supervisor } from "../../../lib/supervisor/supervisor.ts";
import type { WorkerUrls } from "../../../lib/supervisor/worker_urls.ts";
import { listeningPorts } from "../../support/listening_ports.ts";
import { eventually, within } from "../../support/patience.ts";
import { SocketEnd } from "../../support/socket_end.ts";
import { type Trouble, TROUBLE_FOLDER } from "../../support/troubled_port.ts";
import { type EngineName, quirkyWorkerUrl } from "../../support/worker_quirk.ts";

/** Enough clients for the kernel to assign some to every listening socket. */
const MANY_CLIENTS = 40;

/** A supervisor whose workers fail on demand. Use it with `await using`. */
export class TroubledWeir implements AsyncDisposable {
  readonly supervisor: Supervisor;
  readonly accessLog = new AccessLogOwner();
  readonly events = new EventLog();
  readonly #lines: string[] = [];
  #refusals = 0;

  private constructor(settings: Settings) {
    configureLogging({ level: "debug", format: "text", write: (line) => this.#lines.push(line) });
    this.supervisor = new Supervisor({
      settings,
      workerUrls: this.#urls(),
      accessLog: this.accessLog,
      events: this.events,
    });
  }

  /** Creates it without starting anything. */
  static async create(settings: Settings): Promise<TroubledWeir> {
    await Deno.mkdir(TROUBLE_FOLDER, { recursive: true });
    return new TroubledWeir(settings);
  }

  static async start(settings: Settings): Promise<TroubledWeir> {
    const weir = await TroubledWeir.create(settings);
    const problems = await within("the start", weir.supervisor.start());
    assert(problems.length === 0, JSON.stringify(problems));
    return weir;
  }

  get log(): string {
    return this.#lines.join("");
  }

  /** The slots of the existing workers. */
  get slots(): number[] {
    return Array.from(this.supervisor.workers, ({ slot }) => slot).sort((a, b) => a - b);
  }

  /** Makes a worker fail at the next message of a type. */
  trouble(slot: number, type: ToWorker["type"], trouble: Trouble): void {
    Deno.writeTextFileSync(`${TROUBLE_FOLDER}/${slot}-${type}`, trouble);
  }

  /** Resolves once a worker has met with the trouble that a message was to bring. */
  async troubleHasCome(slot: number, type: ToWorker["type"]): Promise<void> {
    const file = `${TROUBLE_FOLDER}/${slot}-${type}`;
    await eventually("the trouble has come", () => !existsSync(file));
  }

  /** Kills a worker, and resolves when the supervisor knows. */
  async kill(slot: number): Promise<void> {
    const worker = [...this.supervisor.workers].find((each) => each.slot === slot);
    assert(worker !== undefined, `slot ${slot} has no worker`);
    this.trouble(slot, "list", "die before");
    await worker.list().catch(() => {});
  }

  /** Makes the next attempts to start a worker fail. */
  refuseWorkers(count: number): void {
    this.#refusals = count;
  }

  async logged(pattern: RegExp): Promise<void> {
    await eventually(`the log has ${pattern}: ${this.log}`, () => pattern.test(this.log));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.supervisor.terminate();
    await this.accessLog.close();
    resetLogging();
    await Deno.remove(TROUBLE_FOLDER, { recursive: true });
  }

  #urls(): WorkerUrls {
    const urlOf = (engine: EngineName): URL => {
      if (this.#refusals-- > 0) throw new Error("told to have no room for a worker");
      return quirkyWorkerUrl(engine, "troubled");
    };
    return {
      get native() {
        return urlOf("native");
      },
      get streams() {
        return urlOf("streams");
      },
    };
  }
}

/** The settings that a configuration file yields. */
export function settingsOf(text: string): Settings {
  const { settings, diagnostics } = parseSettings(text, "test.cfg", {
    cores: 2,
    privileged: true,
  });
  assert(settings !== undefined, JSON.stringify(diagnostics));
  return settings;
}

/** How many sockets listen on a port. */
export function listenersAt(port: number): number {
  return listeningPorts().filter((each) => each === port).length;
}

/** Waits until this many sockets listen on a port. */
export async function listenersAre(port: number, count: number): Promise<void> {
  await eventually(`${count} sockets listen at ${port}`, () => listenersAt(port) === count);
}

/** Sends many clients to a port, and waits until each has been served. */
export async function serveMany(port: number): Promise<void> {
  await within(
    `every client of ${port}`,
    Promise.all(Array.from({ length: MANY_CLIENTS }, async () => {
      using client = await SocketEnd.connect(port);
      await client.ping();
    })),
  );
}
