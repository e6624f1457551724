import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AccessLogWriter, type LogFile, openLogFile } from "../../../lib/log/access_log_writer.ts";
import { permittedTest } from "../../support/permitted.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "weir-access-log-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A file in memory whose writes the test controls. */
class ScriptedFile implements LogFile {
  closed = false;
  readonly #written: number[] = [];
  readonly #takes: (bytes: Uint8Array) => number | Promise<number>;

  constructor(takes: (bytes: Uint8Array) => number | Promise<number>) {
    this.#takes = takes;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const count = await this.#takes(bytes);
    this.#written.push(...bytes.subarray(0, count));
    return count;
  }

  get content(): string {
    return new TextDecoder().decode(Uint8Array.from(this.#written));
  }

  close(): void {
    this.closed = true;
  }
}

permittedTest(["read", "write"], "AccessLogWriter appends to what is there", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/access.log`;
    await Deno.writeTextFile(path, "old\n");
    const writer = await AccessLogWriter.open(path);
    writer.write("one\ntwo\n", 2);
    writer.write("three\n", 1);
    await writer.close();
    assertEquals(await Deno.readTextFile(path), "old\none\ntwo\nthree\n");
    assertEquals([writer.dropped, writer.queuedBytes], [0, 0]);
  });
});

permittedTest(["read", "write"], "AccessLogWriter.open() says when it cannot open", async () => {
  await inFolder(async (folder) => {
    await assertRejects(
      () => AccessLogWriter.open(`${folder}/none/access.log`),
      Deno.errors.NotFound,
    );
  });
});

permittedTest(
  ["read", "write"],
  "AccessLogWriter.reopen() under load sends each line to the file of its time, and loses none",
  async () => {
    await inFolder(async (folder) => {
      const path = `${folder}/access.log`;
      const writer = await AccessLogWriter.open(path);
      const expected: string[] = [];
      let number = 0;
      for (let round = 0; round < 20; round++) {
        let lines = "";
        for (let i = 0; i < 100; i++) {
          const line = `line ${number++}\n`;
          writer.write(line, 1);
          lines += line;
        }
        expected.push(lines);
        await Deno.rename(path, `${path}.${round}`);
        const reopened = writer.reopen();
        // Written before the new file is open, but after it was asked for.
        const late = `late ${round}\n`;
        writer.write(late, 1);
        await reopened;
        expected.push(late);
      }
      await writer.close();
      assertEquals(writer.dropped, 0);
      const files: string[] = [];
      for (let round = 0; round < 20; round++) {
        files.push(await Deno.readTextFile(`${path}.${round}`));
      }
      files.push(await Deno.readTextFile(path));
      const wanted: string[] = [expected[0] ?? ""];
      for (let i = 1; i < expected.length; i += 2) {
        wanted.push((expected[i] ?? "") + (expected[i + 1] ?? ""));
      }
      assertEquals(files, wanted);
    });
  },
);

permittedTest(
  ["read", "write"],
  "AccessLogWriter.reopen() keeps the old file where the new one cannot be opened",
  async () => {
    await inFolder(async (folder) => {
      const inner = `${folder}/logs`;
      await Deno.mkdir(inner);
      const path = `${inner}/access.log`;
      const errors: Error[] = [];
      const writer = await AccessLogWriter.open(path, { onError: (error) => errors.push(error) });
      await Deno.rename(inner, `${folder}/moved`);
      await writer.reopen();
      writer.write("still here\n", 1);
      await writer.close();
      assertEquals(errors.length, 1);
      assert(errors[0] instanceof Deno.errors.NotFound);
      assertEquals(await Deno.readTextFile(`${folder}/moved/access.log`), "still here\n");
    });
  },
);

// Every write to /dev/full fails as on a full disk; only Linux has it, and Deno wants every
// permission for it.
const full = Deno.build.os === "linux" ? permittedTest : (..._: unknown[]): void => {};
full(
  ["net", "read", "write", "run", "env", "ffi", "sys"],
  "AccessLogWriter reports a full disk once, and moves on to the new file on reopen",
  async () => {
    await inFolder(async (folder) => {
      const path = `${folder}/access.log`;
      await Deno.symlink("/dev/full", path);
      const errors: Error[] = [];
      const recoveries: number[] = [];
      const failed = Promise.withResolvers<void>();
      const writer = await AccessLogWriter.open(path, {
        capacityBytes: 12,
        retryMs: 1,
        onError: (error) => {
          errors.push(error);
          failed.resolve();
        },
        onRecovered: (dropped) => recoveries.push(dropped),
      });
      writer.write("one\n", 1);
      await failed.promise;
      writer.write("two\n", 1);
      writer.write("six\n", 1);
      writer.write("four\nfive\n", 2);
      assertEquals(writer.dropped, 2);
      await Deno.remove(path);
      await writer.reopen();
      await writer.close();
      assertEquals(await Deno.readTextFile(path), "one\ntwo\nsix\n");
      assertEquals(errors.length, 1);
      assertStringIncludes(errors[0]?.message ?? "", "No space left");
      assertEquals(recoveries, [2]);
      assertEquals(writer.dropped, 2);
    });
  },
);

Deno.test("AccessLogWriter.write() returns at once, and drops and counts what does not fit", async () => {
  const gate = Promise.withResolvers<void>();
  const file = new ScriptedFile(async (bytes) => {
    await gate.promise;
    return bytes.length;
  });
  const writer = await AccessLogWriter.open("x", {
    capacityBytes: 100,
    openFile: () => Promise.resolve(file),
  });
  for (let i = 0; i < 30; i++) writer.write(`line ${i % 10}.\nx\n`, 2);
  assertEquals([writer.queuedBytes, writer.dropped], [100, 40]);
  gate.resolve();
  await writer.close();
  assertEquals(file.content.length, 100);
  assert(file.content.endsWith("line 9.\nx\n"));
  assert(file.closed);
});

Deno.test("AccessLogWriter goes on after partial writes", async () => {
  const file = new ScriptedFile((bytes) => Math.min(bytes.length, 3));
  const writer = await AccessLogWriter.open("x", { openFile: () => Promise.resolve(file) });
  writer.write("größe one\ntwo\n", 2);
  writer.write("three\n", 1);
  await writer.close();
  assertEquals(writer.dropped, 0);
  assertEquals(file.content, "größe one\ntwo\nthree\n");
});

Deno.test("AccessLogWriter writes on from where a write failed, and says when it works again", async () => {
  let calls = 0;
  const file = new ScriptedFile((bytes) => {
    calls++;
    if (calls === 2 || calls === 3) throw new Error("no space");
    return Math.min(bytes.length, 5);
  });
  const heard: string[] = [];
  const recovered = Promise.withResolvers<void>();
  const writer = await AccessLogWriter.open("x", {
    retryMs: 1,
    openFile: () => Promise.resolve(file),
    onError: (error) => heard.push(error.message),
    onRecovered: (dropped) => {
      heard.push(`recovered, ${dropped} dropped`);
      recovered.resolve();
    },
  });
  writer.write("one\ntwo\nthree\n", 3);
  await recovered.promise;
  await writer.close();
  assertEquals(file.content, "one\ntwo\nthree\n");
  assertEquals(heard, ["no space", "recovered, 0 dropped"]);
});

Deno.test("AccessLogWriter.reopen() brings a line that was cut off whole to the new file", async () => {
  const files: ScriptedFile[] = [];
  const failed = Promise.withResolvers<void>();
  let taken = 0;
  const writer = await AccessLogWriter.open("x", {
    retryMs: 60_000,
    openFile: () => {
      const broken = new ScriptedFile(() => {
        if (taken > 0) throw new Error("no space");
        taken = 6;
        return 6;
      });
      const file = files.length === 0 ? broken : new ScriptedFile((bytes) => bytes.length);
      files.push(file);
      return Promise.resolve(file);
    },
    onError: () => failed.resolve(),
  });
  writer.write("one\ntwo\nthree\n", 3);
  await failed.promise;
  await writer.reopen();
  await writer.close();
  assertEquals(files.map((file) => file.content), ["one\ntw", "two\nthree\n"]);
  assertEquals(files.map((file) => file.closed), [true, true]);
});

Deno.test("AccessLogWriter.close() gives up on a file that takes nothing, and counts the lines", async () => {
  const file = new ScriptedFile(() => {
    throw new Error("no space");
  });
  const writer = await AccessLogWriter.open("x", { openFile: () => Promise.resolve(file) });
  writer.write("one\ntwo\n", 2);
  await writer.close();
  assertEquals([writer.dropped, file.closed], [2, true]);
  writer.write("three\n", 1);
  assertEquals(writer.dropped, 3);
});

Deno.test("AccessLogWriter.close() does not wait forever for a write that hangs", async () => {
  const file = new ScriptedFile(() => new Promise<number>(() => {}));
  const writer = await AccessLogWriter.open("x", { openFile: () => Promise.resolve(file) });
  writer.write("one\n", 1);
  await writer.close(1);
  assertEquals([writer.dropped, writer.queuedBytes, file.closed], [1, 0, true]);
});

Deno.test("openLogFile() returns standard output for - and leaves it open", async () => {
  const file = await openLogFile("-");
  file.close();
  assertEquals(await Deno.stdout.write(new Uint8Array()), 0);
});

Deno.test("AccessLogWriter loses nothing that comes just as it has written everything", async () => {
  // The second line comes this many microtasks after the first: one of them hits the race.
  for (let gap = 0; gap < 20; gap++) {
    let written = "";
    const writer = await AccessLogWriter.open("test", {
      openFile: () =>
        Promise.resolve({
          write: (bytes) => {
            written += new TextDecoder().decode(bytes);
            return Promise.resolve(bytes.length);
          },
          close: () => {},
        }),
    });
    writer.write("first\n", 1);
    for (let turn = 0; turn < gap; turn++) await undefined;
    writer.write("second\n", 1);
    await writer.close();
    assertEquals(written, "first\nsecond\n", `gap ${gap}`);
  }
});
