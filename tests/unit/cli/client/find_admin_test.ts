import { assertEquals, assertRejects } from "@std/assert";
import { findAdmin } from "../../../../lib/cli/client/find_admin.ts";
import type { CommandInputs } from "../../../../lib/cli/command.ts";
import { UsageError } from "../../../../lib/cli/exit_status.ts";
import { permittedTest } from "../../../support/permitted.ts";

const NOWHERE = new URL("file:///nowhere/");

function inputs(values: Readonly<Record<string, string>>): CommandInputs {
  return {
    file: "",
    operands: [],
    flags: new Set(),
    values: new Map(Object.entries(values)),
    entry: { workerUrls: { streams: NOWHERE, native: NOWHERE }, projectFolder: NOWHERE },
    terminal: { print: () => {}, printError: () => {}, color: false, errorColor: false },
  };
}

async function place(values: Readonly<Record<string, string>>, word?: string): Promise<string> {
  using client = await findAdmin(inputs(values), word);
  return client.place;
}

async function withFile(text: string, use: (file: string) => Promise<void>): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".cfg" });
  try {
    await Deno.writeTextFile(file, text);
    await use(file);
  } finally {
    await Deno.remove(file);
  }
}

/** The token that a client sends, as a server hears it. */
async function tokenSent(values: Readonly<Record<string, string>>): Promise<string | null> {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => Response.json({ token: request.headers.get("authorization") }),
  );
  using client = await findAdmin(inputs({ ...values, admin: `127.0.0.1:${server.addr.port}` }));
  return (await client.ask<{ token: string | null }>("/")).token;
}

permittedTest(
  ["net", "read"],
  "findAdmin() goes by the word, then --admin, then the default",
  async () => {
    assertEquals(await place({}), "127.0.0.1:24000");
    assertEquals(await place({ admin: "127.0.0.1:1" }), "127.0.0.1:1");
    assertEquals(await place({ admin: "127.0.0.1:1" }, "[::1]:2"), "[::1]:2");
    assertEquals(await place({ admin: "http://localhost:24000/" }), "localhost:24000");
    assertEquals(await place({ admin: "0.0.0.0:3" }), "127.0.0.1:3");
  },
);

permittedTest(["net", "read", "write"], "findAdmin() takes a path for a Unix socket", async () => {
  assertEquals(await place({ admin: "/run/weir.sock" }), "unix:/run/weir.sock");
});

permittedTest(
  ["net", "read", "write", "sys"],
  "findAdmin() takes the address of --config",
  async () => {
    const mappings = "[mappings]\n24003 = 127.0.0.1:8080\n";
    await withFile(`[options]\nadmin = 127.0.0.1:24999\n${mappings}`, async (config) => {
      assertEquals(await place({ config }), "127.0.0.1:24999");
      assertEquals(await place({ config, admin: "127.0.0.1:7" }), "127.0.0.1:7");
    });
    await withFile(mappings, async (config) => {
      await assertRejects(() => place({ config }), UsageError, 'has no "admin" address');
      assertEquals(await place({ config, admin: "127.0.0.1:7" }), "127.0.0.1:7");
    });
    await withFile("[mappings]\n", async (config) => {
      await assertRejects(() => place({ config }), UsageError, "cannot read the address of Weir");
    });
    await assertRejects(() => place({ config: "/nowhere.cfg" }), UsageError, "no such file");
  },
);

permittedTest(["net", "read"], "findAdmin() refuses what is no address", async () => {
  for (const admin of ["off", "24000", "127.0.0.1:0", "a b:1", "127.0.0.1:70000"]) {
    await assertRejects(() => place({ admin }), UsageError, "is not an address of Weir");
  }
});

permittedTest(
  ["net", "read", "write"],
  "findAdmin() takes the first token that may do everything",
  async () => {
    const lines = [
      "# tokens",
      "",
      "read only-looking-token-1",
      " do-everything-token-2 ",
      "another-token-of-more-3",
    ];
    await withFile(lines.join("\n"), async (file) => {
      assertEquals(await tokenSent({ "token-file": file }), "Bearer do-everything-token-2");
    });
    await withFile("read only-looking-token-1\n", async (file) => {
      assertEquals(await tokenSent({ "token-file": file }), "Bearer only-looking-token-1");
    });
    await withFile("# none\n", async (file) => {
      await assertRejects(
        () => tokenSent({ "token-file": file }),
        UsageError,
        "it has no tokens",
      );
    });
    for (const wrong of ["t\u00f6ken-of-sixteen-characters\n", "read two words\n"]) {
      await withFile(wrong, async (file) => {
        await assertRejects(
          () => tokenSent({ "token-file": file }),
          UsageError,
          'line 1 is neither "TOKEN" nor "read TOKEN"',
        );
      });
    }
    if (Deno.build.os === "linux") {
      const endless = () => tokenSent({ "token-file": "/dev/zero" });
      await assertRejects(endless, UsageError, 'cannot use "/dev/zero": it is a device');
    }
    const folder = import.meta.dirname as string;
    await assertRejects(
      () => tokenSent({ "token-file": folder }),
      UsageError,
      `cannot use "${folder}": it is a directory`,
    );
    assertEquals(await tokenSent({}), null);
  },
);
