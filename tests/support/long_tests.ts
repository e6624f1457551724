/** Whether tests are to take their time, as `deno task test:long` has them do: `WEIR_LONG_TESTS=1`. */
export function isLong(): boolean {
  return Deno.permissions.querySync({ name: "env" }).state === "granted" &&
    Deno.env.get("WEIR_LONG_TESTS") === "1";
}

/** How much of something there is to be, as a rule and in long tests. */
export function howMany(usual: number, long: number): number {
  return isLong() ? long : usual;
}
