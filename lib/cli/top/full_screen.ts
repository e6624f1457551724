import type { Terminal } from "../terminal.ts";
import type { ScreenSize } from "./draw_top.ts";
import { type Key, parseKeys } from "./key.ts";
import { type Line, renderLine } from "./line.ts";

// A line that is wider than it seems is cut by the terminal, and not wrapped.
const ENTER = "\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[2J";
const LEAVE = "\x1b[0m\x1b[?25h\x1b[?7h\x1b[?1049l";
/** What is left where a terminal does not tell its size. */
const USUAL_SIZE: ScreenSize = { columns: 80, rows: 24 };

/**
 * The terminal, taken over as a whole: the alternate screen without a cursor, and keys that arrive
 * at once and unseen. Disposing of it gives the terminal back as it was.
 */
export class FullScreen implements Disposable {
  readonly #terminal: Terminal;
  readonly #isRaw: boolean;
  #isOpen = true;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#isRaw = Deno.stdin.isTerminal();
    if (this.#isRaw) Deno.stdin.setRaw(true);
    terminal.print(ENTER);
  }

  get size(): ScreenSize {
    try {
      const { columns, rows } = Deno.consoleSize();
      return columns > 0 && rows > 0 ? { columns, rows } : USUAL_SIZE;
    } catch {
      return USUAL_SIZE;
    }
  }

  /** Shows the lines, the first one at the top. */
  show(lines: readonly Line[]): void {
    if (!this.#isOpen) return;
    const { columns } = this.size;
    const rendered = lines.map((line) => renderLine(line, columns, this.#terminal.color));
    // Each line is cleared behind its text, and nothing before: so nothing flickers.
    this.#terminal.print(`\x1b[H${rendered.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`);
  }

  /** Gives the keys as they are pressed; ends where nobody can press any. */
  async *keys(): AsyncGenerator<Key, void, void> {
    if (!this.#isRaw) return;
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(1024);
    while (true) {
      const count = await Deno.stdin.read(bytes);
      if (count === null) return;
      yield* parseKeys(decoder.decode(bytes.subarray(0, count), { stream: true }));
    }
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#terminal.print(LEAVE);
    if (this.#isRaw) Deno.stdin.setRaw(false);
  }
}
