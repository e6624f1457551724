/** Error codes that say that this machine has run out of something. */
const LOCAL_CODES: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EADDRNOTAVAIL",
]);

/** Tells whether a connection failed because this machine has no port left for its destination. */
export function isPortShortage(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRNOTAVAIL";
}

/**
 * Tells whether a connection failed because this machine has run out of something: then it says
 * nothing about the backend, and another one is no way out.
 */
export function isLocalFault(error: unknown): boolean {
  return error instanceof Error && "code" in error && LOCAL_CODES.has(String(error.code));
}
