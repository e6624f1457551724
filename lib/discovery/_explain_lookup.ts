import { messageOf } from "../base/message_of.ts";

/** What the operating system's codes mean (getaddrinfo). */
const CODES: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no such name, or it has no address",
  EAI_NONAME: "there is no such name, or it has no address",
  EAI_NODATA: "it has no address",
  EAI_AGAIN: "the name server fails, or does not answer",
  EAI_FAIL: "the name server fails",
};

/**
 * Says in words why a look-up failed. Deno says the same of a service that there is not and of a name
 * server that fails (SERVFAIL, REFUSED), so that these cannot be told apart.
 */
export function explainLookup(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = CODES[code];
  if (known !== undefined) return known;
  const message = messageOf(error).replace(/^proto error: /, "");
  if (message.startsWith("no records found for Query")) {
    return "DNS has no such record, or the name server fails";
  }
  return message === "request timed out" ? "the name server does not answer" : message;
}
