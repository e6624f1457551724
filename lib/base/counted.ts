/**
 * A number with its noun, singular or plural: `1 session`, `2 sessions`.
 *
 * @param many the plural, if it is not the noun with an s
 */
export function counted(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}
