// The package ships the standard library's code without its types; _parse_args.d.ts declares the
// parts that Weir uses.
// @ts-types="./_parse_args.d.ts"
export * from "deno-std/cli/parse_args.js";
