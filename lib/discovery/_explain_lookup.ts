import { messageOf } from "../base/message_of.ts";

/** What the operating system's codes mean (getaddrinfo). */
const CODES: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no such name, or it has no address",
  EAI_NONAME: "there is no such name, or it has no address",
  EAI_NODATA: "it has no address",
  EAI_AGAIN: "the name server failed or did not answer",
  EAI_FAIL: "the name server failed",
};

/**
 * Explains why a look-up failed. Deno reports the same error for a service that does not exist and
 * for a name server that fails (SERVFAIL, REFUSED), so these cannot be distinguished.
 */
export function explainLookup(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = CODES[code];
  if (known !== undefined) return known;
  const message = messageOf(error).replace(/^proto error: /, "");
  if (message.startsWith("no records found for Query")) {
    return "DNS has no such record, or the name server failed";
  }
  return message === "request timed out" ? "the name server did not answer" : message;
}
