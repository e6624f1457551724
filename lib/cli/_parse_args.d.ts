/** Declarations for the standard library's parser of arguments, as far as Weir uses it. */
export interface ParseOptions {
  readonly boolean?: readonly string[];
  /** Arguments to keep as text; `_` stands for the positional ones. */
  readonly string?: readonly string[];
  readonly alias?: Readonly<Record<string, string>>;
  /** Called for what is not declared, positional arguments included; false leaves it out. */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}
export interface ParsedArgs {
  readonly _: readonly (string | number)[];
  readonly [flag: string]: unknown;
}
export function parseArgs(args: readonly string[], options?: ParseOptions): ParsedArgs;
