import { AccessLog } from "../log/access_log.ts";
import { accessLogFormatOf } from "../log/access_log_format.ts";
import { configureForwarding } from "../log/logging.ts";
import { WorkerCell } from "../state/worker_counters.ts";
import { SharedState } from "../state/shared_state.ts";
import type { Engine } from "./engine.ts";
import type { EngineInputs, WorkerLogs } from "./engine_inputs.ts";
import { FailureLog } from "./failure_log.ts";
import type { FromWorker, LogOptions, ToWorker } from "./messages.ts";

/** How often a worker updates its heartbeat. */
export const HEARTBEAT_MS = 1_000;

/** The side of a worker's global scope that talks to the supervisor. */
export interface WorkerPort {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
}

/**
 * Runs an engine in a worker thread, as directed by the supervisor's messages.
 *
 * @param port the worker's own global scope
 * @param createEngine creates the engine once the first message has brought the shared state
 */
export function runWorker(port: WorkerPort, createEngine: (inputs: EngineInputs) => Engine): void {
  let logs: PortLogs | undefined;
  let engine: Engine | undefined;
  let state: SharedState | undefined;

  async function obey(message: ToWorker): Promise<void> {
    if (message.type === "start") {
      const { slot } = message;
      state = SharedState.attach(message.memory);
      logs = new PortLogs(port, message);
      engine = createEngine({ state, slot, logs });
      beat(state, slot);
      return;
    }
    if (engine === undefined || logs === undefined) {
      throw new Error(`A worker received "${message.type}" before it was started`);
    }
    switch (message.type) {
      case "prepare":
        port.postMessage({ type: "prepared", problems: engine.prepare(message.generation) });
        break;
      case "commit":
        engine.commit();
        port.postMessage({ type: "committed" });
        break;
      case "abort":
        engine.abort();
        break;
      case "configure":
        logs.configure(message);
        break;
      case "cut":
        port.postMessage({ type: "cut", sessions: cut(engine, message) });
        break;
      case "list": {
        const sessions = Array.from(engine.sessions(), ({ life }) => life.view());
        port.postMessage({ type: "listed", sessions });
        break;
      }
      case "drain": {
        const closedSessions = await engine.drain(message.timeoutMs, message.spreadMs);
        logs.close();
        port.postMessage({ type: "drained", closedSessions });
        break;
      }
    }
  }

  port.onmessage = ({ data }) => void obey(data);
}

function beat(state: SharedState, slot: number): void {
  state.addWorkerCell(slot, WorkerCell.heartbeat, 1);
  setInterval(() => state.addWorkerCell(slot, WorkerCell.heartbeat, 1), HEARTBEAT_MS);
}

function cut(engine: Engine, order: Extract<ToWorker, { type: "cut" }>): number {
  const rows = new Set(order.backendRows);
  const ids = new Set(order.ids);
  const chosen = [...engine.sessions()]
    .filter(({ life }) => rows.has(life.backendRow) || ids.has(life.id));
  for (const session of chosen) session.cut(order.by);
  return chosen.length;
}

/** Logs through the supervisor. */
class PortLogs implements WorkerLogs {
  readonly failures = new FailureLog();
  readonly #port: WorkerPort;
  #accessLog: AccessLog | undefined;

  constructor(port: WorkerPort, options: LogOptions) {
    this.#port = port;
    this.configure(options);
  }

  get accessLog(): AccessLog | undefined {
    return this.#accessLog;
  }

  configure(options: LogOptions): void {
    const port = this.#port;
    configureForwarding({
      level: options.logLevel,
      post: (line) => port.postMessage({ type: "log", line }),
    });
    this.#accessLog?.close();
    this.#accessLog = options.accessLog
      ? new AccessLog({
        format: accessLogFormatOf(options.accessLogFormat),
        post: (lines, count) => port.postMessage({ type: "access", lines, count }),
      })
      : undefined;
  }

  close(): void {
    this.failures.close();
    this.#accessLog?.close();
  }
}
