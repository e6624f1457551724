/** The file that workers of `late_main.ts` wait for. */
export const PERMIT = "workers_may_start";

/** Whether the file is there. */
export function isAllowed(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
