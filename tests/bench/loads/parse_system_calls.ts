/** How often each system call was made, from the table that `strace -c` prints. */
export function parseSystemCalls(table: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of table.split("\n")) {
    // The requested columns are calls, errors (blank if none) and the name.
    const match = /^\s*(\d+)\s+(?:\d+\s+)?([a-z_]\w*)\s*$/.exec(line);
    if (match === null || match[2] === "total") continue;
    counts.set(match[2] as string, Number(match[1]));
  }
  return counts;
}
