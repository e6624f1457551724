/** What a client can still do after its token was revoked in one of several ways. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { freePorts } from "../support/free_ports.ts";
import { eventually, within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { residentBytes } from "../support/process_figures.ts";
import { WeirProcess } from "../support/weir_process.ts";

// Of the same length, so that the size of the file says nothing.
const KEPT = "0123456789abcdef-kept";
const TAKEN = "0123456789abcdef-gone";
const GIVEN = "0123456789abcdef-come";

/** A Weir whose admin API requires tokens, and the file with them. */
class Guarded implements AsyncDisposable {
  readonly weir: WeirProcess;
  readonly base: string;
  readonly folder: string;

  private constructor(weir: WeirProcess, base: string, folder: string) {
    this.weir = weir;
    this.base = base;
    this.folder = folder;
  }

  static async start(): Promise<Guarded> {
    const folder = await Deno.makeTempDir({ prefix: "weir_tokens_" });
    await Deno.writeTextFile(`${folder}/tokens`, `${KEPT}\n${TAKEN}\n`, { mode: 0o600 });
    const [port, admin] = freePorts(2) as [number, number];
    const weir = await WeirProcess.start(
      `[options]\nadmin = 127.0.0.1:${admin}\nadmin_token_file = ${folder}/tokens\n` +
        `[mappings]\n127.0.0.1:${port} = 127.0.0.1:9\n`,
    );
    return new Guarded(weir, `http://127.0.0.1:${admin}`, folder);
  }

  get file(): string {
    return `${this.folder}/tokens`;
  }

  /** Replaces the file's content atomically. */
  async write(text: string): Promise<void> {
    const fresh = `${this.folder}/fresh`;
    await Deno.writeTextFile(fresh, text, { mode: 0o600 });
    await Deno.rename(fresh, this.file);
  }

  ask(path: string, token: string): Promise<Response> {
    const headers = { authorization: `Bearer ${token}` };
    return within(path, fetch(this.base + path, { headers }));
  }

  /** The status of an answer to a client with a token. */
  async statusFor(token: string): Promise<number> {
    const { status, body } = await this.ask("/api", token);
    await body?.cancel();
    return status;
  }

  /** Waits until a token opens the API, or no longer does. */
  async until(status: number, token: string): Promise<void> {
    await eventually(`a token is answered with ${status}`, async () => {
      return await this.statusFor(token) === status;
    });
  }

  /** Listens to events; the reader ends with the stream. */
  async listen(token: string): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const { status, body } = await this.ask("/api/v1/events?kinds=status", token);
    assertEquals(status, 200);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await within("the status", reader.read());
    return reader;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.weir[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Reads until the stream ends. */
async function ended(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  await within(
    "the end of the stream",
    (async () => {
      while (!(await reader.read()).done);
    })(),
  );
}

function tokenTest(name: string, fn: (guarded: Guarded) => Promise<void>): void {
  permittedTest(["all"], name, async () => {
    await using guarded = await Guarded.start();
    await fn(guarded);
  });
}

tokenTest(
  "a token that is taken out of the file opens nothing, and ends its streams",
  async (g) => {
    const taken = await g.listen(TAKEN);
    const kept = await g.listen(KEPT);
    await g.write(`${KEPT}\n`);
    await ended(taken);
    await g.until(401, TAKEN);
    assertEquals(await g.statusFor(KEPT), 200);
    assertEquals((await within("the next status", kept.read())).done, false);
    // A token's permissions are a part of it.
    await g.write(`read ${KEPT}\n`);
    await ended(kept);
    const denied = await fetch(`${g.base}/api/v1/reload`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEPT}` },
    });
    assertEquals(denied.status, 403);
    await denied.body?.cancel();
  },
);

tokenTest("no tokens means nobody: an empty file, a broken one, and none", async (g) => {
  const spoil: readonly (readonly [what: RegExp, () => Promise<void>])[] = [
    [/it has no tokens; nobody/, () => g.write("")],
    [/the token on line 2 has fewer/, () => g.write(`${KEPT}\nshort\n`)],
    [/it does not exist; nobody/, () => Deno.remove(g.file)],
    [/it is a directory; nobody/, () => Deno.remove(g.file).then(() => Deno.mkdir(g.file))],
  ];
  for (const [what, act] of spoil) {
    await g.until(200, KEPT);
    const reader = await g.listen(KEPT);
    await act();
    await ended(reader);
    await g.until(401, KEPT);
    await g.weir.logged(what);
    // Requests for nothing secret are still answered.
    assertEquals(await (await fetch(`${g.base}/healthz`)).json(), { alive: true });
    await Deno.remove(g.file).catch(() => {});
    await g.write(`${KEPT}\n`);
  }
  await g.until(200, KEPT);
});

tokenTest("a file that takes the other's place is read, though it looks the same", async (g) => {
  const old = await Deno.stat(g.file);
  const other = `${g.folder}/other`;
  await Deno.writeTextFile(other, `${KEPT}\n${GIVEN}\n`, { mode: 0o600 });
  await Deno.utime(other, old.atime as Date, old.mtime as Date);
  const { size, mtime } = await Deno.stat(other);
  assertEquals([size, mtime], [old.size, old.mtime]);
  const reader = await g.listen(TAKEN);
  await Deno.rename(other, g.file);
  await ended(reader);
  await g.until(200, GIVEN);
  assertEquals(await g.statusFor(TAKEN), 401);
});

tokenTest("a file that others may read is warned of whenever that becomes so", async (g) => {
  const warnings = () => [...g.weir.stderr.matchAll(/can be read by others/g)].length;
  assertEquals(warnings(), 0);
  for (const count of [1, 2]) {
    await Deno.chmod(g.file, 0o644);
    await eventually("it is said", () => warnings() === count);
    await Deno.chmod(g.file, 0o600);
    // Only a check in between shows that it was fixed.
    await g.write(`${KEPT}\n${count === 1 ? GIVEN : TAKEN}\n`);
    await g.until(200, count === 1 ? GIVEN : TAKEN);
  }
});

if (Deno.build.os === "linux") {
  tokenTest("what never ends, or never begins, is no file of tokens", async (g) => {
    const before = residentBytes(g.weir.pid);
    const pipe = `${g.folder}/pipe`;
    assert((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
    for (const path of ["/dev/zero", pipe]) {
      await g.until(200, KEPT);
      const link = `${g.folder}/link`;
      await Deno.symlink(path, link);
      await Deno.rename(link, g.file);
      await g.until(401, KEPT);
      await Deno.remove(g.file);
      await g.write(`${KEPT}\n`);
    }
    await g.until(200, KEPT);
    assertLess(residentBytes(g.weir.pid) - before, 256 * 1024 * 1024);
  });
}
