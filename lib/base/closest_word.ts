/** A longer word is not a typing mistake, and would take long to compare. */
const LONGEST = 100;

/**
 * Finds what someone probably meant: the candidate with the fewest typing mistakes, if they are at
 * most a third of its length, or else the only candidate that the word abbreviates. Case, `-`, `_`
 * and spaces are ignored. The first of several equally close candidates wins. A word of more than
 * 100 characters matches nothing.
 */
export function closestWord(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST) return undefined;
  const typed = simplify(word);
  let closest: string | undefined;
  let fewest = Infinity;
  const abbreviated: string[] = [];
  for (const candidate of candidates) {
    if (candidate.length > LONGEST) continue;
    const wanted = simplify(candidate);
    if (typed.length >= 3 && wanted.startsWith(typed)) abbreviated.push(candidate);
    const longer = Math.max(typed.length, wanted.length);
    const most = Math.min(Math.floor(longer / 3), fewest - 1);
    const mistakes = countMistakes(typed, wanted, most);
    if (mistakes > most) continue;
    closest = candidate;
    fewest = mistakes;
  }
  return closest ?? (abbreviated.length === 1 ? abbreviated[0] : undefined);
}

function simplify(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, "");
}

/**
 * The optimal string alignment distance: insertions, deletions, substitutions and swaps of
 * neighbours, row by row (Damerau 1964, in the restricted form of Levenshtein's table).
 *
 * @returns `Infinity` if it is more than `most`, to save the work of finding out by how much.
 */
function countMistakes(a: string, b: string, most: number): number {
  // Each character of difference in length is a mistake.
  if (Math.abs(a.length - b.length) > most) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  let fewestOfLast = 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let fewestOfRow = i;
    for (let j = 1; j <= b.length; j++) {
      const substituted = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const deleted = (last[j] as number) + 1;
      const inserted = (row[j - 1] as number) + 1;
      let fewest = Math.min(substituted, deleted, inserted);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        fewest = Math.min(fewest, (beforeLast[j - 2] as number) + 1);
      }
      row.push(fewest);
      if (fewest < fewestOfRow) fewestOfRow = fewest;
    }
    // Every later row follows from the two before it, and a swap costs one more than the first.
    if (Math.min(fewestOfRow, fewestOfLast + 1) > most) return Infinity;
    fewestOfLast = fewestOfRow;
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}
