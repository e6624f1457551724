import { assertEquals, assertRejects } from "@std/assert";
import { AccessTokens } from "../../../../lib/admin/api/access_tokens.ts";
import { permittedTest } from "../../../support/permitted.ts";

const WRITER = "0123456789abcdef";
const READER = "fedcba9876543210==";

async function withFile(text: string, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ prefix: "weir_tokens_" });
  try {
    await Deno.writeTextFile(path, text);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

permittedTest(
  ["read", "write"],
  "AccessTokens.find() knows what each token may do",
  async () => {
    const text = `# who may do what\n\n  ${WRITER}\r\nread ${READER}\n; and nobody else`;
    await withFile(text, async (path) => {
      const tokens = await AccessTokens.open(path);
      assertEquals(tokens.find(`Bearer ${WRITER}`)?.rights, ["read", "write"]);
      assertEquals(tokens.find(`bearer  ${READER}`)?.rights, ["read"]);
      const wrong = [null, "", WRITER, "Bearer", "Bearer ", `Basic ${WRITER}`, `Bearer ${WRITER}x`];
      wrong.push(`Bearer ${WRITER.slice(0, -1)}`, `Bearer read`, `Bearer ${WRITER} ${WRITER}`);
      for (const header of wrong) assertEquals(tokens.find(header), undefined, String(header));
    });
  },
);

permittedTest(
  ["read", "write"],
  "AccessTokens.open() says what is wrong, and no token",
  async () => {
    const cases: readonly [text: string, message: string][] = [
      ["# nothing\n", "it has no tokens"],
      ["short\n", "the token on line 1 has fewer than 16 characters"],
      [`${WRITER}\nwrite ${WRITER}\n`, 'line 2 is neither "TOKEN" nor "read TOKEN"'],
      [`${WRITER} ${WRITER}\n`, 'line 1 is neither "TOKEN" nor "read TOKEN"'],
      [`${WRITER}ü\n`, 'line 1 is neither "TOKEN" nor "read TOKEN"'],
    ];
    for (const [text, message] of cases) {
      await withFile(text, async (path) => {
        const error = await assertRejects(() => AccessTokens.open(path), Error);
        assertEquals(error.message, `Could not use admin_token_file "${path}": ${message}`);
      });
    }
    const error = await assertRejects(() => AccessTokens.open("/nonexistent/tokens"), Error);
    assertEquals(
      error.message,
      'Could not use admin_token_file "/nonexistent/tokens": it does not exist',
    );
  },
);
