/** Type declarations for the parts of the standard library's argument parser that Weir uses. */
export interface ParseOptions {
  readonly boolean?: readonly string[];
  /** Arguments to keep as strings; `_` stands for the positional ones. */
  readonly string?: readonly string[];
  readonly alias?: Readonly<Record<string, string>>;
  /**
   * Called for each argument that is not declared, including positional ones; return false to omit
   * it.
   */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}
export interface ParsedArgs {
  readonly _: readonly (string | number)[];
  readonly [flag: string]: unknown;
}
export function parseArgs(args: readonly string[], options?: ParseOptions): ParsedArgs;
