/** Answers with JSON, and a line break for those who read it in a terminal. */
export function jsonAnswer(value: unknown, status = 200): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: { "content-type": "application/json" },
  });
}
