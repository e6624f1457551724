import { startAdmin } from "../../../lib/admin/admin_server.ts";
import type { PageFile } from "../../../lib/admin/dashboard/page_file.ts";
import type { BoundAddress } from "../../../lib/config/admin_address.ts";
import { loadSettings } from "../../../lib/config/load_settings.ts";
import { resetLogging } from "../../../lib/log/logging.ts";
import type { Control } from "../../../lib/supervisor/control.ts";
import { supervise } from "../../../lib/supervisor/supervise.ts";
import { ENGINES_UNDER_TEST } from "../../support/engines_under_test.ts";
import { freePort } from "../../support/free_ports.ts";
import { within } from "../../support/patience.ts";

const ENVIRONMENT = { cores: 2, privileged: true };
const LOOPBACK: BoundAddress = { kind: "tcp", address: { hostname: "127.0.0.1", port: 0 } };

/** What a test asks of the Weir whose admin API it tests. */
export interface AdminUnderTest {
  /** The right side of the mapping. @default {one backend where nothing listens} */
  readonly backends?: string;
  /** More lines of `[options]`. */
  readonly options?: readonly string[];
  /** @default {loopback, on a free port} */
  readonly address?: BoundAddress;
  /** The text of the file of tokens. */
  readonly tokens?: string;
  readonly pages?: readonly PageFile[];
  readonly bodyTimeoutMs?: number;
}

/** The admin API of a real Weir inside the test's own process. Use it with `await using`. */
export class RunningAdmin implements AsyncDisposable {
  readonly control: Control;
  /** The port of the one listener. */
  readonly port: number;
  /** Where the API is, such as `127.0.0.1:35001`. */
  readonly host: string;
  readonly #folder: string;
  readonly #ended: Promise<number>;

  private constructor(
    control: Control,
    port: number,
    host: string,
    folder: string,
    ended: Promise<number>,
  ) {
    this.control = control;
    this.port = port;
    this.host = host;
    this.#folder = folder;
    this.#ended = ended;
  }

  static async start(inputs: AdminUnderTest = {}): Promise<RunningAdmin> {
    const { backends = `127.0.0.1:${freePort()}`, options = [], address = LOOPBACK } = inputs;
    const folder = await Deno.makeTempDir({ prefix: "weir_admin_" });
    const port = freePort();
    const file = `${folder}/weir.cfg`;
    const lines = ["[options]", "log_level = error", "drain_timeout = 0", ...options];
    await Deno.writeTextFile(file, `${lines.join("\n")}\n[mappings]\n${port} = ${backends}\n`);
    const tokenFile = inputs.tokens === undefined ? "" : `${folder}/tokens`;
    if (inputs.tokens !== undefined) await Deno.writeTextFile(tokenFile, inputs.tokens);
    const { settings, diagnostics, files } = await loadSettings(file, ENVIRONMENT);
    if (settings === undefined) throw new Error(JSON.stringify(diagnostics));
    const attached = Promise.withResolvers<readonly [Control, string]>();
    const ended = supervise({
      settings,
      files,
      workerUrls: (ENGINES_UNDER_TEST[0] as typeof ENGINES_UNDER_TEST[0]).workerUrls,
      version: "1.2.3",
      load: () => loadSettings(file, ENVIRONMENT),
      attach: async (control) => {
        const admin = await startAdmin({
          ...inputs,
          control,
          address,
          tokenFile,
          version: "1.2.3",
        });
        attached.resolve([control, admin.address]);
        return () => admin.close();
      },
    });
    const failed = ended.then(() => Promise.reject(new Error("Weir ended before it was ready")));
    const [control, host] = await within("the admin API", Promise.race([attached.promise, failed]));
    failed.catch(() => {});
    return new RunningAdmin(control, port, host, folder, ended);
  }

  /** The configuration file. */
  get file(): string {
    return `${this.#folder}/weir.cfg`;
  }

  get tokenFile(): string {
    return `${this.#folder}/tokens`;
  }

  /** Asks the API. */
  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    return await within(path, fetch(`http://${this.host}${path}`, init));
  }

  /** Sends JSON. */
  async post(
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    if (body === undefined) return await this.ask(path, { method: "POST", headers });
    return await this.ask(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  }

  /** Returns the answer of a path, which must be JSON. */
  // deno-lint-ignore no-explicit-any
  async json(path: string, init: RequestInit = {}): Promise<any> {
    return await (await this.ask(path, init)).json();
  }

  /** Writes bytes as they are, and returns the first line of the answer; empty if there is none. */
  async raw(text: string): Promise<string> {
    const [, hostname, port] = /^\[?([^\]]*)\]?:(\d+)$/.exec(this.host) ?? [];
    using connection = await Deno.connect({ hostname: hostname as string, port: Number(port) });
    await connection.write(new TextEncoder().encode(text));
    const bytes = new Uint8Array(4096);
    const count = await within("an answer", connection.read(bytes)) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, count)).split("\r\n")[0] as string;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.control.shutdown("the test is over");
    await within("the end", this.#ended);
    resetLogging();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** The API's description of what is wrong with a request; checks its form. */
export async function problemOf(response: Response): Promise<string> {
  const type = response.headers.get("content-type");
  if (type !== "application/problem+json") throw new Error(`An answer is "${type}" and no problem`);
  const { status, detail, title } = await response.json();
  if (status !== response.status || title === "") throw new Error("A problem has another status");
  return `${status}: ${detail}`;
}
