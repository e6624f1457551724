/** Whether tests are to take their time: `WEIR_LONG_TESTS=1`. */
export function isLong(): boolean {
  return Deno.permissions.querySync({ name: "env" }).state === "granted" &&
    Deno.env.get("WEIR_LONG_TESTS") === "1";
}
