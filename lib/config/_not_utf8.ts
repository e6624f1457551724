import type { Steps } from "../base/steps.ts";
import { concealLine } from "./_secret_line.ts";
import { sliceToken, type Source } from "./source.ts";

/** The first few lines are enough: one setting of an editor fixes all of them. */
const MOST_REPORTED = 20;
const LINES_PER_STEP = 256;
/** What each byte that is not valid UTF-8 is decoded to. */
const REPLACEMENT = "\uFFFD";

/** Reports the first invalid byte of each line that is not UTF-8, for the first 20 such lines. */
export function* reportNotUtf8(source: Source): Steps<void> {
  let found = 0;
  for (const line of source.lines()) {
    if (line.line % LINES_PER_STEP === 0) yield;
    const index = line.text.indexOf(REPLACEMENT);
    if (index === -1) continue;
    const { lineText } = concealLine(line);
    source.error(
      { ...sliceToken(line, index, index + 1), lineText },
      "this is not UTF-8: save the file as UTF-8",
    );
    if (++found === MOST_REPORTED) return;
  }
}
