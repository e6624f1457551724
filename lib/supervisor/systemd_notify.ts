import { messageOf } from "../base/message_of.ts";
import { loggerFor } from "../log/logging.ts";

/** What systemd passes to the process in its environment. */
interface NotifyEnvironment {
  /** The path of the socket; an abstract one begins with a NUL character. */
  readonly socketPath: string;
  /** How often systemd expects a keep-alive; 0 = never. */
  readonly watchdogMs: number;
}

export interface SystemdNotifyInputs {
  /** Reads an environment variable. @default reads it where that is permitted */
  readonly env?: (name: string) => string | undefined;
  /** The clock CLOCK_MONOTONIC in microseconds; absent where it cannot be read. */
  readonly monotonicMicros?: () => bigint | undefined;
}

/** Leaves room for one missed keep-alive. */
const WATCHDOG_SHARE = 2;

/**
 * Notifies systemd of the service's state (`sd_notify(3)`), by a datagram to the socket that
 * NOTIFY_SOCKET names. Without that variable, or without the permission to read it, every call does
 * nothing. A failure is logged once and changes nothing else.
 *
 * Under Deno this needs `--allow-env=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID`, and `--allow-net`,
 * `--allow-read` and `--allow-write`, as the sender's own socket has an abstract address;
 * `Type=notify-reload` also needs `--allow-sys`.
 */
export class SystemdNotify {
  readonly #environment: NotifyEnvironment | undefined;
  readonly #monotonicMicros: () => bigint | undefined;
  #socket: Deno.DatagramConn | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #hasFailed = false;
  #isStopping = false;
  /** Messages are sent one after another, so they arrive in order. */
  #sent: Promise<void> = Promise.resolve();

  constructor(inputs: SystemdNotifyInputs = {}) {
    this.#environment = readEnvironment(inputs.env ?? readVariable);
    this.#monotonicMicros = inputs.monotonicMicros ?? readUptime;
  }

  /** Whether there is anybody to notify. */
  get isActive(): boolean {
    return this.#environment !== undefined;
  }

  /** The service is ready, after its start or after a reload. Keep-alives begin. */
  ready(): Promise<void> {
    if (this.#isStopping) return this.#sent;
    this.#startWatchdog();
    return this.#send(["READY=1"]);
  }

  /** The configuration is being reloaded. To be followed by {@linkcode ready}. */
  reloading(): Promise<void> {
    if (this.#isStopping) return this.#sent;
    // Type=notify-reload asks for the time, Type=notify does not.
    const micros = this.isActive ? this.#monotonicMicros() : undefined;
    return this.#send([
      "RELOADING=1",
      ...(micros === undefined ? [] : [`MONOTONIC_USEC=${micros}`]),
    ]);
  }

  /**
   * The service is shutting down, and no reload changes that any more. Keep-alives continue until
   * {@linkcode close}.
   */
  stopping(): Promise<void> {
    this.#isStopping = true;
    return this.#send(["STOPPING=1"]);
  }

  /**
   * Ends the keep-alives, and resolves when everything has been sent. Nothing is sent after that.
   */
  async close(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watchdog);
    this.#watchdog = undefined;
    await this.#sent;
    this.#socket?.close();
    this.#socket = undefined;
  }

  #startWatchdog(): void {
    const watchdogMs = this.#environment?.watchdogMs ?? 0;
    if (watchdogMs === 0 || this.#watchdog !== undefined) return;
    // On the main thread's own event loop: if that hangs, the keep-alives stop.
    this.#watchdog = setInterval(() => this.#send(["WATCHDOG=1"]), watchdogMs / WATCHDOG_SHARE);
  }

  #send(lines: readonly string[]): Promise<void> {
    const environment = this.#environment;
    if (environment === undefined) return Promise.resolve();
    this.#sent = this.#sent.then(() => this.#sendNow(environment.socketPath, lines));
    return this.#sent;
  }

  async #sendNow(path: string, lines: readonly string[]): Promise<void> {
    try {
      this.#socket ??= openSocket();
      const message = new TextEncoder().encode(lines.join("\n"));
      await this.#socket.send(message, { transport: "unixpacket", path });
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      loggerFor("supervisor").warn("Could not notify systemd: {message}", {
        message: messageOf(error),
      });
    }
  }
}

/** Deno sends from bound sockets only; an abstract address leaves no file behind. */
function openSocket(): Deno.DatagramConn {
  const path = `\0weir-notify-${Deno.pid}-${crypto.randomUUID()}`;
  return Deno.listenDatagram({ transport: "unixpacket", path });
}

function readEnvironment(
  env: (name: string) => string | undefined,
): NotifyEnvironment | undefined {
  const socket = env("NOTIFY_SOCKET");
  // Other kinds of address (vsock) are for virtual machines.
  if (socket === undefined || !/^[/@]./.test(socket)) return undefined;
  const socketPath = socket.startsWith("@") ? `\0${socket.slice(1)}` : socket;
  const pid = env("WATCHDOG_PID");
  const isForUs = pid === undefined || Number(pid) === Deno.pid;
  const micros = Number(env("WATCHDOG_USEC") ?? "0");
  const watchdogMs = isForUs && Number.isFinite(micros) && micros > 0 ? micros / 1000 : 0;
  return { socketPath, watchdogMs };
}

/** Queries the permission first, so that the user is not prompted. */
function readVariable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

/**
 * The time since boot, which is never behind CLOCK_MONOTONIC: the two differ by the time spent
 * suspended. It needs `--allow-sys`.
 */
function readUptime(): bigint | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "osUptime" });
  // Truncated to whole seconds: systemd ignores a time before its own, and accepts one that is
  // ahead.
  return state === "granted" ? BigInt(Deno.osUptime() + 1) * 1_000_000n : undefined;
}
