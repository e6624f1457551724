import type { TestFile } from "./test_file.ts";

/** So many characters of tests share a process: starting one takes longer than most of them. */
const BATCH_LENGTH = 60_000;

/**
 * Puts the files of unit tests together that share a process, which `deno test` runs one after the
 * other; every other file has one of its own. The order stays.
 */
export function batchesOf(files: readonly TestFile[]): TestFile[][] {
  const batches: TestFile[][] = [];
  let batch: TestFile[] = [];
  let length = 0;
  for (const file of files) {
    if (!/^tests\/unit\//.test(file.path)) {
      batches.push([file]);
      continue;
    }
    if (length + file.length > BATCH_LENGTH) [batch, length] = [[], 0];
    if (batch.length === 0) batches.push(batch);
    batch.push(file);
    length += file.length;
  }
  return batches;
}
