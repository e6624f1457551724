import { eventually, within } from "./patience.ts";
import { type WeirOptions, WeirProcess } from "./weir_process.ts";
import type { AccessRecord } from "./running_weir.ts";

/** One line of the access log of a {@linkcode ReloadableWeir}, in JSON. */
export interface TimedRecord extends AccessRecord {
  /** When the session began, as ISO 8601. */
  readonly time: string;
  readonly listener: string;
  readonly duration_ms: number;
}

/** How the process is started. */
export type ReloadableOptions = Pick<WeirOptions, "env" | "main" | "wrapper">;

/** A {@linkcode WeirProcess} with a file that can be changed while it runs. */
export class ReloadableWeir implements AsyncDisposable {
  readonly process: WeirProcess;
  /** The configuration's path. */
  readonly file: string;
  readonly #folder: string;
  #reloads = 0;

  private constructor(process: WeirProcess, folder: string) {
    this.process = process;
    this.#folder = folder;
    this.file = fileIn(folder);
  }

  /**
   * Writes the configuration and starts Weir on it. `FOLDER` in the text stands for a folder that
   * only this test uses.
   */
  static async start(text: string, options: ReloadableOptions = {}): Promise<ReloadableWeir> {
    const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
    const file = fileIn(folder);
    await Deno.writeTextFile(file, text.replaceAll("FOLDER", folder));
    const process = WeirProcess.spawn(["start", file], { ...options, readable: [folder] });
    const weir = new ReloadableWeir(process, folder);
    try {
      await process.listening();
    } catch (error) {
      await weir[Symbol.asyncDispose]();
      throw error;
    }
    return weir;
  }

  /** Everything that was logged so far. */
  get log(): string {
    return this.process.stderr;
  }

  /** Waits until the log has a match. */
  async logged(pattern: RegExp): Promise<void> {
    await this.process.logged(pattern);
  }

  /** A path in the test's folder. */
  path(name: string): string {
    return `${this.#folder}/${name}`;
  }

  /** Replaces the file's text, without asking for a reload. */
  async write(text: string): Promise<void> {
    await Deno.writeTextFile(this.file, text.replaceAll("FOLDER", this.#folder));
  }

  /** Replaces the file with a new one, as editors do. */
  async replace(text: string): Promise<void> {
    const fresh = `${this.#folder}/.weir.cfg.swp`;
    await Deno.writeTextFile(fresh, text.replaceAll("FOLDER", this.#folder));
    await Deno.rename(fresh, this.file);
  }

  /** Replaces the file's text, asks for a reload, and returns what was logged until it was over. */
  async reload(text: string, signal: Deno.Signal = "SIGHUP"): Promise<string> {
    await this.write(text);
    const before = this.log.length;
    this.process.signal(signal);
    await this.reloaded(++this.#reloads);
    return this.log.slice(before);
  }

  /** Waits until `count` reloads have ended, with or without success. */
  async reloaded(count: number): Promise<void> {
    this.#reloads = Math.max(this.#reloads, count);
    await eventually(`${count} reloads are over`, () => countReloads(this.log) >= count);
  }

  /** The access log's file, `access_log = FOLDER/NAME` with `log_format = json`. */
  async records(name = "access.log"): Promise<readonly TimedRecord[]> {
    const text = await Deno.readTextFile(this.path(name));
    // The last line may be half written.
    return text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "")
      .map((line) => JSON.parse(line) as TimedRecord);
  }

  /** Waits until the access log has `count` lines of sessions, and returns all that it has. */
  async recordsWhen(
    what: string,
    condition: (records: readonly TimedRecord[]) => boolean,
  ): Promise<readonly TimedRecord[]> {
    let records: readonly TimedRecord[] = [];
    await eventually(what, async () => {
      records = await this.records();
      return condition(records);
    });
    return records;
  }

  /** Stops it, and returns its exit status. */
  async stop(): Promise<number> {
    return (await within("Weir to stop", this.process.stop(), 40_000)).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function fileIn(folder: string): string {
  return `${folder}/weir.cfg`;
}

function countReloads(log: string): number {
  return [...log.matchAll(/Reloaded \(|Reload \([^)]*\) failed/g)].length;
}
