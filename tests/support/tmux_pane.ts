/** A real terminal, for tests of what Weir shows in one. */
import { messageOf } from "../../lib/base/message_of.ts";
import { eventually } from "./patience.ts";
import { missingPermissions } from "./permitted.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;

/** How large a terminal is. */
export interface PaneSize {
  readonly columns: number;
  readonly rows: number;
}

/** A shell in a tmux terminal, on a separate server. Use it with `await using`. */
export class TmuxPane implements AsyncDisposable {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  static async open({ columns, rows }: PaneSize): Promise<TmuxPane> {
    const pane = new TmuxPane(`weir-test-${crypto.randomUUID()}`);
    const size = ["-x", String(columns), "-y", String(rows)];
    await pane.#tmux(
      "new-session",
      "-d",
      ...size,
      "env",
      "PS1=$ ",
      "bash",
      "--norc",
      "--noprofile",
    );
    return pane;
  }

  /** Types a line, and presses Enter. */
  async type(line: string): Promise<void> {
    await this.#tmux("send-keys", "-l", line);
    await this.press("Enter");
  }

  /** Presses keys, by the names that tmux has for them. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux("send-keys", ...keys);
  }

  async resize({ columns, rows }: PaneSize): Promise<void> {
    await this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** What the screen shows now, without colours. */
  async screen(): Promise<string> {
    return await this.#tmux("capture-pane", "-p");
  }

  /** Waits until the screen has a match, and returns what it shows then. */
  async shows(pattern: RegExp): Promise<string> {
    let screen = "";
    try {
      await eventually(`the screen has ${pattern}`, async () => {
        screen = await this.screen();
        return pattern.test(screen);
      });
    } catch (error) {
      throw new Error(`${messageOf(error)}\n${screen}`);
    }
    return screen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server");
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-L", this.#socket, "-f", "/dev/null", ...args],
      env: { TERM: "xterm-256color", LANG: "C.UTF-8" },
    }).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`tmux ${args[0]}: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  }
}

/**
 * Registers a test that needs tmux. Without it the test is ignored, with the reason in its name.
 */
export function tmuxTest(name: string, fn: () => Promise<void>): void {
  const missing = missingPermissions(NEEDS);
  const reason = missing.length > 0
    ? `needs ${missing.map((kind) => `--allow-${kind}`).join(" ")}`
    : hasTmux()
    ? undefined
    : "needs tmux";
  if (reason === undefined) Deno.test({ name, fn });
  else Deno.test({ name: `${name} (ignored: ${reason})`, ignore: true, fn });
}

function hasTmux(): boolean {
  try {
    return new Deno.Command("tmux", { args: ["-V"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}
