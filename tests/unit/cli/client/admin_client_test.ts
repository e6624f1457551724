import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { objectOf } from "../../../../lib/admin/api/json_schema.ts";
import {
  AdminClient,
  RefusalError,
  UnreachableError,
} from "../../../../lib/cli/client/admin_client.ts";
import { freePort } from "../../../support/free_ports.ts";
import { permittedTest } from "../../../support/permitted.ts";

async function echo(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  if (pathname === "/problem") {
    return Response.json({ title: "Not Found", detail: "There is no such thing" }, {
      status: 404,
      headers: { "content-type": "application/problem+json" },
    });
  }
  if (pathname === "/teapot") return new Response("<h1>", { status: 418 });
  if (pathname === "/page") return new Response("<h1>");
  if (pathname === "/null") return Response.json(null);
  if (pathname === "/nothing") return new Response(null, { status: 204 });
  return Response.json({
    method: request.method,
    path: pathname + search,
    token: request.headers.get("authorization"),
    type: request.headers.get("content-type"),
    body: await request.text(),
  });
}

async function withServer(
  where: { readonly port: number } | { readonly path: string },
  use: (client: AdminClient) => Promise<void>,
  token = "",
): Promise<void> {
  const onListen = (): void => {};
  const server = "path" in where
    ? Deno.serve({ path: where.path, onListen }, echo)
    : Deno.serve({ hostname: "127.0.0.1", port: where.port, onListen }, echo);
  try {
    using client = new AdminClient(
      "path" in where ? { kind: "unix", path: where.path } : tcp(where.port),
      token,
    );
    await use(client);
  } finally {
    await server.shutdown();
  }
}

function tcp(port: number) {
  return { kind: "tcp", address: { hostname: "127.0.0.1", port } } as const;
}

permittedTest(["net"], "AdminClient sends method, body and token", async () => {
  await withServer({ port: freePort() }, async (client) => {
    assertEquals(await client.ask("/a?b=1", { method: "POST", body: { x: 1 } }), {
      method: "POST",
      path: "/a?b=1",
      token: "Bearer secret",
      type: "application/json",
      body: '{"x":1}',
    });
    assertEquals(await client.ask("/nothing"), undefined);
  }, "secret");
});

permittedTest(["net", "read", "write"], "AdminClient reaches Weir at a Unix socket", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await withServer({ path: `${folder}/weir.sock` }, async (client) => {
      const { path } = await client.ask<{ path: string }>("/a");
      assertEquals([path, client.place], ["/a", `unix:${folder}/weir.sock`]);
    });
    using client = new AdminClient({ kind: "unix", path: `${folder}/none.sock` });
    await assertRejects(() => client.ask("/a"), UnreachableError, "none.sock");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

permittedTest(["net"], "AdminClient passes on why Weir says no", async () => {
  await withServer({ port: freePort() }, async (client) => {
    const refusal = await assertRejects(() => client.ask("/problem"), RefusalError);
    assertEquals([refusal.message, refusal.status], ["There is no such thing", 404]);
    assertEquals(await client.ask("/problem", { accept: [404] }), {
      title: "Not Found",
      detail: "There is no such thing",
    });
  });
});

permittedTest(["net"], "AdminClient says where nobody is, and where somebody else is", async () => {
  const port = freePort();
  using client = new AdminClient(tcp(port));
  const error = await assertRejects(() => client.ask("/a"), UnreachableError);
  assertStringIncludes(error.message, `cannot reach Weir at 127.0.0.1:${port}: `);
  assertStringIncludes(error.message.toLowerCase(), "refused");
  await withServer({ port }, async () => {
    const notWeir = `cannot reach Weir at 127.0.0.1:${port}: the server there is not Weir`;
    const path = objectOf({ path: { type: "string" } });
    for (const target of ["/page", "/teapot", "/null", "/a"]) {
      const shape = target === "/a" ? objectOf({ listeners: { type: "array" } }) : path;
      await assertRejects(() => client.ask(target, { shape }), UnreachableError, notWeir);
    }
    assertEquals((await client.ask<{ path: string }>("/a", { shape: path })).path, "/a");
  });
});
