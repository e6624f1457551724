import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  AdminClient,
  RefusalError,
  UnreachableError,
} from "../../../../lib/cli/client/admin_client.ts";
import { readFeed } from "../../../../lib/cli/top/feed.ts";
import { freePort } from "../../../support/free_ports.ts";
import { permittedTest } from "../../../support/permitted.ts";

function clientOf(port: number): AdminClient {
  return new AdminClient({ kind: "tcp", address: { hostname: "127.0.0.1", port } });
}

function serve(port: number, answer: () => Response) {
  return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, answer);
}

permittedTest(
  ["net"],
  "readFeed() comes back after the connection broke, and ends when told to",
  async () => {
    const port = freePort();
    let served = 0;
    await using _server = serve(port, () => {
      const text = `event: status\ndata: {"n":${++served}}\n\n`;
      return new Response(ReadableStream.from([new TextEncoder().encode(text)]));
    });
    using client = clientOf(port);
    const end = new AbortController();
    const heard: unknown[] = [];
    await readFeed(client, {
      onConnect: () => heard.push("connected"),
      onMessage: (type, data) => {
        heard.push([type, data]);
        if (served === 2) end.abort();
      },
      onLost: (why) => heard.push(why),
    }, end.signal);
    assertEquals(heard, [
      "connected",
      ["status", { n: 1 }],
      `the connection to Weir at 127.0.0.1:${port} is lost; trying again`,
      "connected",
      ["status", { n: 2 }],
    ]);
  },
);

permittedTest(["net"], "readFeed() comes back to one who has too much to do", async () => {
  const port = freePort();
  let asked = 0;
  await using _server = serve(port, () => {
    asked++;
    if (asked === 2) return Response.json({ detail: "too many listen" }, { status: 503 });
    return new Response(ReadableStream.from([new TextEncoder().encode("data: {}\n\n")]));
  });
  using client = clientOf(port);
  const end = new AbortController();
  const lost: string[] = [];
  await readFeed(client, {
    onConnect: () => {},
    onMessage: () => {
      if (asked === 3) end.abort();
    },
    onLost: (why) => lost.push(why),
  }, end.signal);
  assertEquals([asked, lost.at(-1)], [3, "too many listen; trying again"]);
});

permittedTest(
  ["net"],
  "readFeed() does not come back to one who says no, or who never was there",
  async () => {
    const port = freePort();
    const deaf = { onConnect: () => {}, onMessage: () => {}, onLost: () => {} };
    const { signal } = new AbortController();
    using client = clientOf(port);
    const error = await assertRejects(() => readFeed(client, deaf, signal), UnreachableError);
    assertStringIncludes(error.message, `cannot reach Weir at 127.0.0.1:${port}`);
    await using _server = serve(port, () => Response.json({ detail: "no" }, { status: 401 }));
    await assertRejects(() => readFeed(client, deaf, signal), RefusalError, "no");
  },
);
