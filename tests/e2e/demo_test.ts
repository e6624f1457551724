import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { freePorts } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;

permittedTest(
  NEEDS,
  "weir demo serves files through Weir, and refuses who comes around it",
  async () => {
    const [listener, first, second] = freePorts(3);
    const backends = `127.0.0.1:${first}:2, 127.0.0.1:${second}`;
    await using weir = await WeirProcess.start(`[mappings]\n${listener} = ${backends}\n`, {
      task: "demo",
    });
    const through = await fetch(`http://127.0.0.1:${listener}/main.ts`);
    assertEquals(through.status, 200);
    assertEquals(through.headers.get("X-Backend"), `127.0.0.1:${first}`);
    assertEquals(
      await through.text(),
      await Deno.readTextFile(new URL("../../main.ts", import.meta.url)),
    );

    const around = await fetch(`http://127.0.0.1:${first}/main.ts`);
    assertEquals(around.status, 403);
    assertStringIncludes(await around.text(), "403 Forbidden");

    assertStringIncludes(weir.stdout, `curl -i http://127.0.0.1:${listener}/main.ts`);
    assertStringIncludes(weir.stdout, `curl -i http://127.0.0.1:${first}/main.ts`);

    const { code, stderr } = await weir.stop("SIGINT");
    assertEquals(code, 0, stderr);
    for (const port of [listener, first, second]) {
      await assertRejects(
        () => Deno.connect({ hostname: "127.0.0.1", port: port as number }),
        Deno.errors.ConnectionRefused,
      );
    }
  },
);

permittedTest(NEEDS, "weir demo starts nothing where a backend is on another machine", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a.cfg`, "[mappings]\n24003 = 192.0.2.1:80\n");
    const { code, stdout, stderr } = await WeirProcess.run(["demo", `${folder}/a.cfg`], {
      task: "demo",
      readable: [folder],
    });
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, 'backend "192.0.2.1:80" of pool "24003" is not on loopback');
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

permittedTest(NEEDS, "weir demo says which backend could not be started", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [listener] = freePorts(1);
  const folder = await Deno.makeTempDir();
  try {
    const config = `[mappings]\n${listener} = 127.0.0.1:${taken.addr.port}\n`;
    await Deno.writeTextFile(`${folder}/a.cfg`, config);
    const { code, stderr } = await WeirProcess.run(["demo", `${folder}/a.cfg`], {
      task: "demo",
      readable: [folder],
    });
    assertEquals(code, 1);
    assertStringIncludes(stderr, `cannot start the backend 127.0.0.1:${taken.addr.port}: `);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
