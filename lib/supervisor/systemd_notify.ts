import { messageOf } from "../base/message_of.ts";
import { loggerFor } from "../log/logging.ts";

/** What systemd has to say about the process, from its environment. */
interface NotifyEnvironment {
  /** The path of the socket; an abstract one begins with a 0 character. */
  readonly socketPath: string;
  /** How often systemd wants a sign of life; 0 = never. */
  readonly watchdogMs: number;
}

export interface SystemdNotifyInputs {
  /** Reads an environment variable. @default reads it where that is permitted */
  readonly env?: (name: string) => string | undefined;
  /** The clock CLOCK_MONOTONIC in microseconds; absent where it cannot be read. */
  readonly monotonicMicros?: () => bigint | undefined;
}

/** systemd allows for one missed sign of life. */
const WATCHDOG_SHARE = 2;

/**
 * Tells systemd how the service is doing (`sd_notify(3)`): by a datagram to the socket that
 * NOTIFY_SOCKET names. Without that variable, or without the permission to read it, every call does
 * nothing. A failure is logged once and changes nothing else.
 *
 * Under Deno that takes `--allow-env=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID`, and `--allow-net`,
 * `--allow-read` and `--allow-write`, as the sender's own socket has an abstract address;
 * `Type=notify-reload` takes `--allow-sys` on top.
 */
export class SystemdNotify {
  readonly #environment: NotifyEnvironment | undefined;
  readonly #monotonicMicros: () => bigint | undefined;
  #socket: Deno.DatagramConn | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #hasFailed = false;
  #isStopping = false;
  /** Messages are sent one after the other, so that they arrive in order. */
  #sent: Promise<void> = Promise.resolve();

  constructor(inputs: SystemdNotifyInputs = {}) {
    this.#environment = readEnvironment(inputs.env ?? readVariable);
    this.#monotonicMicros = inputs.monotonicMicros ?? readUptime;
  }

  /** Whether there is anybody to notify. */
  get isActive(): boolean {
    return this.#environment !== undefined;
  }

  /** The service serves, after its start or after a reload. Signs of life begin. */
  ready(): Promise<void> {
    if (this.#isStopping) return this.#sent;
    this.#startWatchdog();
    return this.#send(["READY=1"]);
  }

  /** The configuration is being read again. To be followed by {@linkcode ready}. */
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
   * The service is on its way down, and no reload changes that any more. Signs of life go on until
   * {@linkcode close}.
   */
  stopping(): Promise<void> {
    this.#isStopping = true;
    return this.#send(["STOPPING=1"]);
  }

  /** Ends the signs of life, and resolves when everything has been sent. Nothing is sent after it. */
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
    // On the main thread's own event loop: if that hangs, so do the signs of life.
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

/** Asks whether it may beforehand, so that nobody is prompted. */
function readVariable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

/**
 * The time since the machine was started, which is not before CLOCK_MONOTONIC: the two differ by how
 * long it has slept. It takes `--allow-sys`.
 */
function readUptime(): bigint | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "osUptime" });
  // Whole seconds, cut off: systemd ignores a time before its own, and takes one that is ahead.
  return state === "granted" ? BigInt(Deno.osUptime() + 1) * 1_000_000n : undefined;
}
