/** Whether to run tests at length, as `deno task test:long` does: `WEIR_LONG_TESTS=1`. */
export function isLong(): boolean {
  return Deno.permissions.querySync({ name: "env" }).state === "granted" &&
    Deno.env.get("WEIR_LONG_TESTS") === "1";
}

/** An amount: `usual` as a rule, `long` in long tests. */
export function howMany(usual: number, long: number): number {
  return isLong() ? long : usual;
}
