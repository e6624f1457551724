/** Weir as a real process, started through the command line with the permissions of its tasks. */
import project from "../../deno.json" with { type: "json" };

const PROJECT = new URL("../../", import.meta.url);
/** How long a test waits for a process before that counts as hanging. */
const PATIENCE_MS = 30_000;

const PIPED = { stdin: "null", stdout: "piped", stderr: "piped" } as const;

/** How a process ended, and what it wrote. */
export interface Ending {
  /** The exit status; 128 or more if a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The tasks of deno.json that run main.ts. */
export type WeirTask = "start" | "check" | "demo" | "weir";

/** How Weir is run. */
export interface WeirOptions {
  /** Whose permissions it gets. @default {"start"} */
  readonly task?: WeirTask;
  /** The working directory. @default {the project's folder} */
  readonly cwd?: string | URL;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from standard input. @default {nothing} */
  readonly stdin?: string | Uint8Array<ArrayBuffer>;
  /** More folders that may be read. */
  readonly readable?: readonly string[];
  /** The program that takes main.ts's place. @default {main.ts} */
  readonly main?: URL;
  /** What goes before Deno's own command and becomes it, such as `unshare --mount`. @default {nothing} */
  readonly wrapper?: readonly string[];
}

/** A running Weir. Use it with `await using`: a failing test leaves no process behind. */
export class WeirProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  /** The target of signals: the process, or as a negative number its whole group. */
  readonly #signalled: number;
  readonly #status: Promise<Deno.CommandStatus>;
  readonly #reading: Promise<unknown>;
  readonly #written = { stdout: "", stderr: "" };
  #ended = false;
  #changed = Promise.withResolvers<void>();
  #cleanUp: () => Promise<void> = () => Promise.resolve();

  private constructor(child: Deno.ChildProcess, signalled: number) {
    this.#child = child;
    this.#signalled = signalled;
    this.#reading = Promise.all([
      this.#collect("stdout", child.stdout),
      this.#collect("stderr", child.stderr),
    ]);
    this.#status = child.status.then(async (status) => {
      await this.#reading;
      this.#ended = true;
      this.#notify();
      return status;
    });
  }

  /** Starts main.ts with the arguments as they are, and waits for nothing. */
  static spawn(args: readonly string[], options: WeirOptions = {}): WeirProcess {
    const { cwd = PROJECT, env = {}, wrapper = [] } = options;
    const words = [...wrapper, Deno.execPath(), ...runArguments(options), ...args];
    const child = new Deno.Command(words[0] as string, {
      ...PIPED,
      stdin: options.stdin === undefined ? "null" : "piped",
      args: words.slice(1),
      cwd,
      env: { NO_COLOR: "1", ...env },
    }).spawn();
    if (options.stdin !== undefined) {
      // A process that ends without reading it all is what some tests are about.
      void new Blob([options.stdin]).stream().pipeTo(child.stdin).catch(() => {});
    }
    return new WeirProcess(child, child.pid);
  }

  /**
   * Starts `deno task` as someone at a terminal does: signals reach both the task runner and Weir,
   * as those of Ctrl-C do.
   */
  static spawnTask(task: WeirTask, args: readonly string[], cwd: string | URL): WeirProcess {
    const child = new Deno.Command(Deno.execPath(), {
      ...PIPED,
      args: ["task", task, ...args],
      cwd,
      env: { NO_COLOR: "1" },
      detached: true,
    }).spawn();
    return new WeirProcess(child, -child.pid);
  }

  /** Writes the configuration to a file, starts Weir on it, and waits until every listener is up. */
  static async start(config: string, options: WeirOptions = {}): Promise<WeirProcess> {
    const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
    const file = `${folder}/weir.cfg`;
    await Deno.writeTextFile(file, config);
    const { task = "start" } = options;
    const readable = [folder, ...options.readable ?? []];
    const weir = WeirProcess.spawn([task, file], { ...options, readable });
    weir.#cleanUp = () => Deno.remove(folder, { recursive: true });
    try {
      await weir.listening();
    } catch (error) {
      await weir[Symbol.asyncDispose]();
      throw error;
    }
    return weir;
  }

  /** Runs main.ts to its end. */
  static async run(args: readonly string[], options: WeirOptions = {}): Promise<Ending> {
    await using weir = WeirProcess.spawn(args, options);
    return await weir.ending();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Standard output so far. */
  get stdout(): string {
    return this.#written.stdout;
  }

  /** Standard error so far. */
  get stderr(): string {
    return this.#written.stderr;
  }

  /** Waits until every listener has said that it is listening: then the last line says "ready". */
  async listening(): Promise<void> {
    await this.logged(/\bWeir \S+ is ready\b/);
  }

  /** Waits until standard error has a match, and returns it. */
  async logged(pattern: RegExp): Promise<RegExpExecArray> {
    await this.#until(() => pattern.test(this.stderr));
    return pattern.exec(this.stderr) as RegExpExecArray;
  }

  /** Waits until standard output has a match, and returns it. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    await this.#until(() => pattern.test(this.stdout));
    return pattern.exec(this.stdout) as RegExpExecArray;
  }

  /** Sends a signal without waiting for its effect. */
  signal(signal: Deno.Signal): void {
    Deno.kill(this.#signalled, signal);
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<Ending> {
    this.signal(signal);
    return await this.ending();
  }

  /** Waits for the end. */
  async ending(): Promise<Ending> {
    await this.#patiently(this.#status);
    const { code } = await this.#status;
    return { code, ...this.#written };
  }

  /** Kills the process if it is still running, and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) {
      try {
        this.signal("SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    }
    await this.#status;
    const cleanUp = this.#cleanUp;
    this.#cleanUp = () => Promise.resolve();
    await cleanUp();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#ended) throw this.#failure("ended before what the test waits for");
      await this.#patiently(this.#changed.promise);
    }
  }

  async #patiently(event: Promise<unknown>): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(this.#failure(`hangs since ${PATIENCE_MS} ms`)),
      PATIENCE_MS,
    );
    try {
      await Promise.race([event, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(what: string): Error {
    return new Error(`Weir ${what}\nstdout:\n${this.stdout}\nstderr:\n${this.stderr}`);
  }

  async #collect(
    name: "stdout" | "stderr",
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#written[name] += text;
      this.#notify();
    }
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

// The tasks are what users run: taking the flags from there shows that the permissions suffice.
function runArguments(options: WeirOptions): string[] {
  const { task = "start", readable = [], main = new URL("main.ts", PROJECT) } = options;
  const words = project.tasks[task].command.split(" ");
  const flags = words.slice(words.indexOf("run"), words.indexOf("main.ts"));
  const everything = flags.includes("--allow-read");
  const extra = everything || readable.length === 0 ? [] : [`--allow-read=${readable.join(",")}`];
  return [...flags, ...extra, "--config", pathOf(new URL("deno.json", PROJECT)), main.href];
}

function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}
