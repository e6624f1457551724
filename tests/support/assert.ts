// The package ships the standard library's code without its types; assert.d.ts declares what the
// tests use.
// @ts-types="./assert.d.ts"
export * from "deno-std/assert/mod.js";
