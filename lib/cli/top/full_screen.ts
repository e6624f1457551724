import type { Terminal } from "../output/terminal.ts";
import type { ScreenSize } from "./draw_top.ts";
import { type Key, parseKeys } from "./key.ts";
import { type Line, renderLine } from "./line.ts";

// Turns wrapping off, so that a line that is wider than computed is cut by the terminal.
const ENTER = "\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[2J";
const LEAVE = "\x1b[0m\x1b[?25h\x1b[?7h\x1b[?1049l";
/** The size to use if the terminal does not report one. */
const USUAL_SIZE: ScreenSize = { columns: 80, rows: 24 };

/**
 * The whole terminal: the alternate screen without a cursor, and keys that arrive immediately and
 * without echo. Disposing of it restores the terminal.
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

  /** Shows the lines, starting at the top. */
  show(lines: readonly Line[]): void {
    if (!this.#isOpen) return;
    const { columns } = this.size;
    const rendered = lines.map((line) => renderLine(line, columns, this.#terminal.color));
    // Each line is cleared only after its text, which avoids flicker.
    this.#terminal.print(`\x1b[H${rendered.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`);
  }

  /** Yields the keys as they are pressed; ends if there is no keyboard. */
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
