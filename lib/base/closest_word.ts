/**
 * Finds what someone probably meant: the candidate with the fewest typing mistakes, if these are at
 * most a third of its length, or else the only candidate that the word abbreviates. Case, `-`, `_`
 * and spaces do not count. The first of several that are equally close wins.
 */
export function closestWord(word: string, candidates: Iterable<string>): string | undefined {
  const typed = simplify(word);
  let closest: string | undefined;
  let fewest = Infinity;
  const abbreviated: string[] = [];
  for (const candidate of candidates) {
    const wanted = simplify(candidate);
    const longer = Math.max(typed.length, wanted.length);
    if (typed.length >= 3 && wanted.startsWith(typed)) abbreviated.push(candidate);
    // A difference in length is a mistake for each character: spare the work where that is too many.
    const limit = Math.floor(longer / 3);
    if (Math.abs(typed.length - wanted.length) > limit) continue;
    const mistakes = countMistakes(typed, wanted);
    if (mistakes <= limit && mistakes < fewest) {
      closest = candidate;
      fewest = mistakes;
    }
  }
  return closest ?? (abbreviated.length === 1 ? abbreviated[0] : undefined);
}

function simplify(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, "");
}

/**
 * The optimal string alignment distance: insertions, deletions, substitutions and swaps of
 * neighbours, row by row (Damerau 1964, in the restricted form of Levenshtein's table).
 */
function countMistakes(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const deleted = (last[j] as number) + 1;
      const inserted = (row[j - 1] as number) + 1;
      let fewest = Math.min(substituted, deleted, inserted);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        fewest = Math.min(fewest, (beforeLast[j - 2] as number) + 1);
      }
      row.push(fewest);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}
