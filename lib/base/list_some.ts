/**
 * The first items of a list, and where it has more, one that says how many: `a`, `b`, `and 3 more`.
 *
 * @param most how many items of the list are given at most
 * @param addition what follows the number: `changes`, for `and 3 more changes`
 */
export function listSome(items: readonly string[], most: number, addition = ""): string[] {
  if (items.length <= most) return [...items];
  const rest = `and ${items.length - most} more ${addition}`;
  return [...items.slice(0, most), rest.trimEnd()];
}
