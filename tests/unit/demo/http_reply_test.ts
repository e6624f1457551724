import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeReplyHead, errorReply, textReply } from "../../../lib/demo/http_reply.ts";

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
