import { messageOf } from "../base/message_of.ts";
import { maskControls } from "./quote.ts";

/** Explains why a file could not be read, to follow a colon. */
export function explainReadError(error: unknown, file: string): string {
  if (error instanceof Deno.errors.NotCapable) {
    return needsEverything(error)
      ? "Deno lets programs read it only with --allow-all"
      : `the permission is missing; add --allow-read=${maskControls(file)}`;
  }
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.NotADirectory) return "part of its path is not a folder";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.PermissionDenied) return "the system denies access to it";
  return maskControls(messageOf(error));
}

/** Whether a path requires more than the permission to read or write, as /dev/stdout does. */
export function needsEverything(error: Deno.errors.NotCapable): boolean {
  return error.message.includes("--allow-all");
}
