import type { EngineKind } from "../engine/choose_engine.ts";
import type { BindProblem, Generation } from "../engine/generation.ts";
import type { FromWorker, LogOptions, ToWorker } from "../engine/messages.ts";
import type { Waker } from "../engine/native/loop/waker.ts";
import type { SessionView } from "../engine/session_view.ts";
import type { Ender } from "../log/close_reason.ts";
import type { LogLine } from "../log/log_line.ts";

/** The first message to a worker. */
export type StartMessage = Omit<Extract<ToWorker, { type: "start" }>, "wakeDescriptor">;

/** The thread that a handle is for. */
export interface WorkerKind {
  readonly engine: EngineKind;
  /** The file that it runs. */
  readonly url: URL;
  /** What wakes it; absent where messages are enough. */
  readonly waker?: Waker | undefined;
}

/** What a worker reports without being asked. */
export interface WorkerListener {
  logged(line: LogLine): void;
  accessLogged(lines: string, count: number): void;
  /** The thread has ended with an error. Called once; the handle is of no further use. */
  died(message: string): void;
}

/** A request that awaits its answer. */
interface Pending {
  readonly type: FromWorker["type"];
  resolve(message: FromWorker): void;
  reject(error: Error): void;
}

/**
 * One worker thread, as the supervisor sees it: requests and their answers.
 *
 * Ownership: the thread belongs to the handle, and has ended once it died or was terminated.
 */
export class WorkerHandle {
  readonly slot: number;
  readonly engine: EngineKind;
  /** When it was started, by `performance.now()`. */
  readonly startedMs: number = performance.now();
  readonly #waker: Waker | undefined;
  readonly #worker: Worker;
  readonly #listener: WorkerListener;
  #pending: Pending[] = [];
  /** Why the thread has ended; absent while it has not. */
  #ending: string | undefined;
  #isDraining = false;

  constructor(kind: WorkerKind, start: StartMessage, listener: WorkerListener) {
    const { engine, url, waker } = kind;
    this.slot = start.slot;
    this.engine = engine;
    this.#waker = waker;
    this.#listener = listener;
    this.#worker = new Worker(url, { type: "module", name: `weir-${start.slot}` });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      // By default, an error in a worker ends the whole process.
      event.preventDefault();
      this.#die(event.message);
    };
    this.#send({ ...start, wakeDescriptor: waker?.descriptor ?? -1 });
  }

  /** Whether the worker was told to accept no more clients and to finish its sessions. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Binds what is new in a generation. Rejects if the worker dies meanwhile. */
  async prepare(generation: Generation): Promise<readonly BindProblem[]> {
    const { problems } = await this.#ask({ type: "prepare", generation }, "prepared");
    return problems;
  }

  /** Serves the prepared generation. Rejects if the worker dies meanwhile. */
  async commit(): Promise<void> {
    await this.#ask({ type: "commit" }, "committed");
  }

  /** Discards the prepared generation. */
  abort(): void {
    this.#send({ type: "abort" });
  }

  /** Changes what the worker logs. */
  configure(options: LogOptions): void {
    this.#send({ type: "configure", ...options });
  }

  /** Closes the sessions with any of these backends or ids; returns how many. */
  async cut(
    by: Ender,
    chosen: { readonly backendRows?: readonly number[]; readonly ids?: readonly string[] },
  ): Promise<number> {
    const { backendRows = [], ids = [] } = chosen;
    const { sessions } = await this.#ask({ type: "cut", by, backendRows, ids }, "cut");
    return sessions;
  }

  /** The active sessions. */
  async list(): Promise<readonly SessionView[]> {
    const { sessions } = await this.#ask({ type: "list" }, "listed");
    return sessions;
  }

  /**
   * Drains the worker's sessions; returns how many had to be closed. Rejects if the worker dies. Of
   * two drains at the same time, the one with the earlier deadline counts.
   */
  async drain(timeoutMs: number, spreadMs: number): Promise<number> {
    this.#isDraining = true;
    const message = { type: "drain", timeoutMs, spreadMs } as const;
    const { closedSessions } = await this.#ask(message, "drained");
    return closedSessions;
  }

  /** Terminates the thread, whatever it is doing. */
  terminate(): void {
    this.#ending ??= "The worker was terminated";
    this.#waker?.end();
    this.#worker.terminate();
    this.#rejectPending(this.#ending);
  }

  /**
   * Gives up on a hung thread: it is told to end, but not waited for. Returns a function that
   * closes what wakes it, to be called once the thread cannot read that any more.
   */
  abandon(): () => void {
    this.#ending ??= "The worker was given up";
    this.#worker.terminate();
    this.#rejectPending(this.#ending);
    return () => this.#waker?.release();
  }

  #send(message: ToWorker): void {
    if (this.#ending !== undefined) return;
    this.#worker.postMessage(message);
    this.#waker?.wake();
  }

  #ask<Type extends FromWorker["type"]>(
    message: ToWorker,
    type: Type,
  ): Promise<Extract<FromWorker, { type: Type }>> {
    if (this.#ending !== undefined) return Promise.reject(new Error(this.#ending));
    return new Promise((resolve, reject) => {
      this.#pending.push({
        type,
        // Answers are matched by their type, so the cast holds.
        resolve: (answer) => resolve(answer as Extract<FromWorker, { type: Type }>),
        reject,
      });
      this.#send(message);
    });
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "log":
        this.#listener.logged(message.line);
        break;
      case "access":
        this.#listener.accessLogged(message.lines, message.count);
        break;
      default: {
        const index = this.#pending.findIndex(({ type }) => type === message.type);
        const [pending] = index < 0 ? [] : this.#pending.splice(index, 1);
        pending?.resolve(message);
      }
    }
  }

  #die(message: string): void {
    if (this.#ending !== undefined) return;
    this.#ending = message;
    this.#waker?.release();
    this.#worker.terminate();
    this.#rejectPending(message);
    this.#listener.died(message);
  }

  #rejectPending(message: string): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { reject } of pending) reject(new Error(message));
  }
}
