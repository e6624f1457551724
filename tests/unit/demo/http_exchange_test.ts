import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  contentType,
  encodeReplyHead,
  errorReply,
  parseRequestHead,
  requestHeadLength,
  textReply,
} from "../../../lib/demo/http_exchange.ts";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("requestHeadLength() waits for the empty line", () => {
  const head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (let length = 0; length < head.length; length++) {
    assertEquals(requestHeadLength(bytes(head.slice(0, length))), -1);
  }
  assertEquals(requestHeadLength(bytes(`${head}body`)), head.length);
});

Deno.test("requestHeadLength() takes bare line feeds, and skips empty lines before the head", () => {
  assertEquals(requestHeadLength(bytes("GET / HTTP/1.0\n\nx")), 16);
  assertEquals(requestHeadLength(bytes("\r\n\r\n")), -1);
  assertEquals(requestHeadLength(bytes("\r\nGET / HTTP/1.0\r\n\r\n")), 20);
});

Deno.test("parseRequestHead() reads the method and the target", () => {
  assertEquals(parseRequestHead(bytes("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n")), {
    method: "GET",
    target: "/a?b=c",
  });
  assertEquals(parseRequestHead(bytes("\r\nHEAD / HTTP/1.0\n\n")), { method: "HEAD", target: "/" });
});

Deno.test("parseRequestHead() takes targets with a host in front", () => {
  const target = (text: string) => parseRequestHead(bytes(`GET ${text} HTTP/1.1\r\n\r\n`));
  assertEquals(target("http://127.0.0.1:24003/a"), { method: "GET", target: "/a" });
  assertEquals(target("http://127.0.0.1:24003"), { method: "GET", target: "/" });
  assertEquals(target("http://127.0.0.1?q"), { method: "GET", target: "/?q" });
});

Deno.test("parseRequestHead() refuses what is no request", () => {
  for (
    const line of [
      "",
      "GET",
      "GET /",
      "GET  / HTTP/1.1",
      "GET a HTTP/1.1",
      "* * *",
      "G(T / HTTP/1.1",
    ]
  ) {
    assertEquals(parseRequestHead(bytes(`${line}\r\n\r\n`)), "malformed", line);
  }
});

Deno.test("parseRequestHead() refuses other versions of HTTP", () => {
  assertEquals(parseRequestHead(bytes("PRI * HTTP/2.0\r\n\r\n")), "unsupported version");
});

function headText(...args: Parameters<typeof encodeReplyHead>): string {
  return new TextDecoder().decode(encodeReplyHead(...args));
}

Deno.test("encodeReplyHead() writes the length of the body in bytes", () => {
  const head = headText(textReply(200, "Weißer See"));
  assertStringIncludes(head, "Content-Length: 11\r\n");
  assertEquals(head.split("\r\n")[0], "HTTP/1.1 200 OK");
  assertEquals(head.endsWith("\r\n\r\n"), true);
});

Deno.test("encodeReplyHead() takes the length of a file that is written afterwards", () => {
  const head = headText({ status: 200, headers: { "Content-Type": "image/png" }, body: 1234 });
  assertStringIncludes(head, "Content-Length: 1234\r\n");
  assertStringIncludes(head, "Content-Type: image/png\r\n");
});

Deno.test("encodeReplyHead() declines to keep the connection", () => {
  assertStringIncludes(headText(textReply(200, "")), "Connection: close\r\n");
});

Deno.test("errorReply() says what is wrong in the body", () => {
  const reply = errorReply(405, "use GET", { Allow: "GET" });
  assertEquals(reply.body, new TextEncoder().encode("405 Method Not Allowed: use GET\n"));
  assertStringIncludes(headText(reply), "Allow: GET\r\n");
});

Deno.test("contentType() goes by the ending of the name", () => {
  assertEquals(contentType("/srv/main.ts"), "text/typescript; charset=utf-8");
  assertEquals(contentType("/srv/README.MD"), "text/markdown; charset=utf-8");
  assertEquals(contentType("/srv/setup.cfg"), "text/plain; charset=utf-8");
  assertEquals(contentType("/srv/LICENSE"), "text/plain; charset=utf-8");
});

Deno.test("contentType() takes everything else for plain bytes", () => {
  for (const path of ["/a.ts/b", "/weir", "/x.constructor", "/x.toString"]) {
    assertEquals(contentType(path), "application/octet-stream", path);
  }
});
