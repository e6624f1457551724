/** The standalone binary does the same as `deno task start`. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { compileWeir, missingForCompile } from "../support/compile_weir.ts";
import { freePorts } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";

const MISSING = missingForCompile();

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
    const { success, said } = await compileWeir(binary);
    assert(success, said);
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
