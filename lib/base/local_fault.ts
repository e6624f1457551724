/** Error codes that say that there is no file descriptor left. */
const DESCRIPTOR_CODES: ReadonlySet<string> = new Set(["EMFILE", "ENFILE"]);
/** Error codes that say that this machine has run out of something. */
const LOCAL_CODES: ReadonlySet<string> = new Set([
  ...DESCRIPTOR_CODES,
  "ENOBUFS",
  "ENOMEM",
  "EADDRNOTAVAIL",
]);

/** Tells whether a connection failed because this machine has no port left for its destination. */
export function isPortShortage(error: unknown): boolean {
  return codeOf(error) === "EADDRNOTAVAIL";
}

/**
 * Tells whether a connection failed because this machine has run out of something: then it says
 * nothing about the backend, and another one is no way out.
 */
export function isLocalFault(error: unknown): boolean {
  return LOCAL_CODES.has(codeOf(error));
}

/** Tells whether something failed because the process, or the machine, may open no more files. */
export function isOutOfDescriptors(error: unknown): boolean {
  return DESCRIPTOR_CODES.has(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
