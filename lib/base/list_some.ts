/**
 * The first items of a list and, if there are more, one item that says how many: `a`, `b`, `and 3
 * more`.
 *
 * @param most the maximum number of items that are listed
 * @param addition text after the number: `changes`, for `and 3 more changes`
 */
export function listSome(items: readonly string[], most: number, addition = ""): string[] {
  if (items.length <= most) return [...items];
  const rest = `and ${items.length - most} more ${addition}`;
  return [...items.slice(0, most), rest.trimEnd()];
}
