/** The standalone binary: what it contains, and that it does the same as `deno task start`. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { missingForCompile } from "../support/denort.ts";
import { freePorts } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";

const PROJECT = new URL("../../", import.meta.url);
const MISSING = missingForCompile();

permittedTest(["read"], "deno task compile includes every file of a worker", async () => {
  const workers: string[] = [];
  for await (const { name } of Deno.readDir(new URL("workers/", PROJECT))) workers.push(name);
  assert(workers.length > 0);
  // A worker's file is loaded by its URL, which the compiler does not see.
  assertEquals(project.compile.include, ["./workers/"]);
});

permittedTest(["read"], "deno task compile grants what deno task start grants", () => {
  const flagsOf = (command: string) =>
    command.split(" ").filter((word) => word.startsWith("--allow"));
  assertEquals(
    flagsOf(project.tasks.compile.command),
    flagsOf(project.tasks.start.command),
  );
});

Deno.test({
  name: MISSING === undefined
    ? "the binary balances and drains"
    : `the binary balances and drains (ignored: needs ${MISSING})`,
  ignore: MISSING !== undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const [port, backendPort] = freePorts(2);
    const binary = `${folder}/weir`;
    const words = project.tasks.compile.command.split(" ").slice(1)
      .map((word) => word === "dist/weir" ? binary : word);
    const compiled = await new Deno.Command(Deno.execPath(), { args: words, cwd: PROJECT })
      .output();
    assert(compiled.success, new TextDecoder().decode(compiled.stderr));
    await Deno.writeTextFile(
      `${folder}/weir.cfg`,
      `[mappings]\n127.0.0.1:${port} = 127.0.0.1:${backendPort}\n`,
    );
    const backend = Deno.serve(
      { hostname: "127.0.0.1", port: backendPort as number, onListen: () => {} },
      () => new Response("hello"),
    );
    const weir = new Deno.Command(binary, { args: [`${folder}/weir.cfg`], stderr: "piped" })
      .spawn();
    let log = "";
    const ready = Promise.withResolvers<void>();
    const reading = (async () => {
      for await (const text of weir.stderr.pipeThrough(new TextDecoderStream())) {
        log += text;
        if (log.includes("is ready")) ready.resolve();
      }
      ready.reject(new Error(`the binary ended: ${log}`));
    })();
    try {
      await ready.promise;
      const reply = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
      assertEquals(await reply.text(), "hello");
    } finally {
      weir.kill("SIGTERM");
      await reading;
    }
    assertEquals((await weir.status).code, 0);
    assertStringIncludes(log, "Every session has ended");
    await backend.shutdown();
    await Deno.remove(folder, { recursive: true });
  },
});
