/** Error codes for having no file descriptors left. */
const DESCRIPTOR_CODES: ReadonlySet<string> = new Set(["EMFILE", "ENFILE"]);
/** Error codes for this machine having run out of something. */
const LOCAL_CODES: ReadonlySet<string> = new Set([
  ...DESCRIPTOR_CODES,
  "ENOBUFS",
  "ENOMEM",
  "EADDRNOTAVAIL",
]);

/** Whether a connection failed because this machine has no local port left for its destination. */
export function isPortShortage(error: unknown): boolean {
  return codeOf(error) === "EADDRNOTAVAIL";
}

/**
 * Whether a connection failed because this machine has run out of something: then the failure says
 * nothing about the backend, and trying another one does not help.
 */
export function isLocalFault(error: unknown): boolean {
  return LOCAL_CODES.has(codeOf(error));
}

/** Whether something failed because the process or the machine cannot open any more files. */
export function isOutOfDescriptors(error: unknown): boolean {
  return DESCRIPTOR_CODES.has(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
