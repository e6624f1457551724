import { openLibc } from "./libc.ts";

/** RLIMIT_NOFILE of Linux, on every architecture that the C library is opened on. */
const RLIMIT_NOFILE = 7;

/** How many descriptors this process may have open; `soft` may be raised to `hard`. */
export interface DescriptorLimit {
  readonly soft: number;
  readonly hard: number;
}

/** Asks the C library for the limit; `undefined` if that cannot be opened. */
export function readDescriptorLimit(): DescriptorLimit | undefined {
  // struct rlimit { rlim_t rlim_cur; rlim_t rlim_max; };
  const limit = new BigUint64Array(2);
  try {
    if (openLibc().getrlimit(RLIMIT_NOFILE, new Uint8Array(limit.buffer)) !== 0) return undefined;
  } catch {
    return undefined;
  }
  return { soft: Number(limit[0]), hard: Number(limit[1]) };
}
