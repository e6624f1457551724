import { processTree } from "./process_stats.ts";

const TERM_PATIENCE_MS = 3_000;

/** Raises the limit of open files to the hard one, then becomes the program. */
const LAUNCH =
  'ulimit -n "$(ulimit -Hn)" 2>/dev/null; log=$1; shift; exec "$@" >>"$log" 2>&1 </dev/null';

/** Every process that the benchmark starts, so that each is reaped whatever happens. */
export class Children {
  readonly #running = new Set<Deno.ChildProcess>();

  /** Starts a program whose output goes to the given log file. */
  spawn(log: string, program: string, args: readonly string[]): Deno.ChildProcess {
    return this.#register(
      new Deno.Command("/bin/sh", {
        args: ["-c", LAUNCH, "sh", log, program, ...args],
        env: { NO_COLOR: "1" },
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }),
    );
  }

  /** Starts one of the benchmark's own Deno programs, with pipes to talk to it. */
  spawnDeno(file: URL, args: readonly string[]): Deno.ChildProcess {
    return this.#register(
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", "--quiet", "--allow-net", file.href, ...args],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }),
    );
  }

  /** Ends one process, gracefully first, and waits until it is gone. */
  async end(child: Deno.ChildProcess, signal: Deno.Signal = "SIGTERM"): Promise<void> {
    if (this.#running.has(child)) signalProcess(child.pid, signal);
    const timer = setTimeout(() => {
      // Killing a parent does not kill its children.
      for (const pid of processTree(child.pid)) signalProcess(pid, "SIGKILL");
    }, TERM_PATIENCE_MS);
    await child.status;
    clearTimeout(timer);
  }

  /** Ends all that are still running. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#running].map((child) => this.end(child)));
  }

  #register(command: Deno.Command): Deno.ChildProcess {
    const child = command.spawn();
    this.#running.add(child);
    void child.status.then(() => this.#running.delete(child));
    return child;
  }
}

function signalProcess(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
