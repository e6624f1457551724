import { assertEquals } from "@std/assert";
import {
  countProblems,
  type Diagnostic,
  formatDiagnostics,
} from "../../../lib/config/diagnostic.ts";

function problem(lineText: string, marked: string, changes: Partial<Diagnostic> = {}): Diagnostic {
  return {
    severity: "error",
    message: "wrong",
    file: "a.cfg",
    line: 12,
    column: lineText.indexOf(marked) + 1,
    length: marked.length,
    lineText,
    lineStart: 1,
    ...changes,
  };
}

function format(...diagnostics: Diagnostic[]): string[] {
  return formatDiagnostics(diagnostics, { color: false, closing: "nothing was started" })
    .split("\n");
}

Deno.test("formatDiagnostics() writes the place, the line, a caret and the count", () => {
  assertEquals(format(problem("algoritm = random", "algoritm")), [
    "a.cfg:12:1: error: wrong",
    "  12 | algoritm = random",
    "     | ^^^^^^^^",
    "1 error: nothing was started",
  ]);
});

Deno.test("formatDiagnostics() sorts by place, and counts errors and warnings", () => {
  const text = format(
    problem("b a", "a", { line: 3, severity: "warning", message: "third" }),
    problem("b a", "b", { line: 3, message: "second" }),
    problem("b", "b", { line: 1, message: "first" }),
  );
  assertEquals(text.filter((line) => line.startsWith("a.cfg")), [
    "a.cfg:1:1: error: first",
    "a.cfg:3:1: error: second",
    "a.cfg:3:3: warning: third",
  ]);
  assertEquals(text.at(-1), "2 errors, 1 warning: nothing was started");
});

Deno.test("formatDiagnostics() keeps the problems of each file together", () => {
  const whole = { line: 0, column: 0, length: 0, lineText: "" };
  const text = format(
    problem("b", "b", { ...whole, message: "5 more errors are not shown", count: 5 }),
    problem("b", "b", { line: 4, file: "weir.cfg" }),
    problem("b", "b", { line: 1, file: "b.cfg" }),
    problem("b", "b", { line: 3, file: "weir.cfg" }),
    problem("b", "b", { ...whole, file: "b.cfg" }),
    problem("b", "b", { line: 2, file: "a.cfg" }),
  );
  assertEquals(text.filter((line) => /^(a|b|weir)\.cfg/.test(line)), [
    "a.cfg:2:1: error: wrong",
    "weir.cfg:3:1: error: wrong",
    "weir.cfg:4:1: error: wrong",
    "b.cfg: error: wrong",
    "b.cfg:1:1: error: wrong",
    "a.cfg: error: 5 more errors are not shown",
  ]);
});

Deno.test("formatDiagnostics() ends with what stands for further problems, and counts them", () => {
  const rest = problem("", "", {
    line: 0,
    column: 0,
    message: "5 more errors are not shown",
    count: 5,
  });
  assertEquals(format(rest, problem("b", "b")), [
    "a.cfg:12:1: error: wrong",
    "  12 | b",
    "     | ^",
    "a.cfg: error: 5 more errors are not shown",
    "6 errors: nothing was started",
  ]);
});

Deno.test("formatDiagnostics() puts the caret into the part of a line that it has", () => {
  const part = problem("…abc = x…", "x", { column: 1008, lineStart: 1001 });
  assertEquals(format(part).slice(1, 3), ["  12 | …abc = x…", "     |        ^"]);
});

Deno.test("formatDiagnostics() writes a problem with the whole file without a line", () => {
  const whole = { line: 0, column: 0, length: 0 };
  assertEquals(format(problem("", "", whole)), [
    "a.cfg: error: wrong",
    "1 error: nothing was started",
  ]);
});

Deno.test("formatDiagnostics() keeps the caret aligned after tabs and wide characters", () => {
  assertEquals(format(problem("\tx\t= y", "y")).slice(1, 3), [
    "  12 |     x    = y",
    "     |            ^",
  ]);
  assertEquals(format(problem("日本 e\u0301 = y", "y")).slice(1, 3), [
    "  12 | 日本 e\u0301 = y",
    "     |          ^",
  ]);
  assertEquals(format(problem("x 日本", "日本"))[2], "     |   ^^^^");
  assertEquals(format(problem("✅ ⚡ = y", "y"))[2], "     |         ^");
});

Deno.test("formatDiagnostics() cuts a long line around the caret", () => {
  const [, line = "", caret = ""] = format(problem(`${"a ".repeat(300)}X${" b".repeat(300)}`, "X"));
  assertEquals(caret.indexOf("^"), line.indexOf("X"));
  assertEquals([line.length <= 110, line.includes("…"), line.endsWith("…")], [true, true, true]);
});

Deno.test("formatDiagnostics() cuts a line of a megabyte as often as it has problems", () => {
  const long = "日".repeat(499_999) + "\u{20000}X" + "\u0301".repeat(500_000);
  const one = problem(long, "X");
  const text = format(...Array.from({ length: 1000 }, () => one));
  const [, line = "", caret = ""] = text;
  assertEquals(text.length, 3001);
  assertEquals(line.startsWith(`  12 | …${"日".repeat(19)}\u{20000}X`), true);
  assertEquals([line.length < 600, line.endsWith("…")], [true, true]);
  assertEquals(caret, `     | ${" ".repeat(41)}^`);
});

Deno.test("formatDiagnostics() cuts a caret that is longer than the line shown", () => {
  const long = "x".repeat(500);
  const [, line = "", caret = ""] = format(problem(long, long));
  assertEquals(caret.length, line.length - 1);
});

Deno.test("formatDiagnostics() masks what would steer the terminal", () => {
  const [, line] = format(problem("\x1b[31mred\u202E = x", "red"));
  assertEquals(line, "  12 | \uFFFD[31mred\uFFFD = x");
});

Deno.test("formatDiagnostics() colours only when asked to", () => {
  const diagnostics = [problem("a = b", "b")];
  const colored = formatDiagnostics(diagnostics, { color: true, closing: "x" });
  // deno-lint-ignore no-control-regex
  const stripped = colored.replaceAll(/\x1b\[[\d;]*m/g, "");
  assertEquals(colored === stripped, false);
  assertEquals(stripped, formatDiagnostics(diagnostics, { color: false, closing: "x" }));
});

Deno.test("formatDiagnostics() writes nothing where there are no problems", () => {
  assertEquals(formatDiagnostics([], { color: true, closing: "fine" }), "");
});

Deno.test("countProblems() tells errors from warnings", () => {
  const warning = problem("a", "a", { severity: "warning" });
  assertEquals(countProblems([warning, problem("a", "a"), warning]), { errors: 1, warnings: 2 });
  const rest = problem("", "", { count: 7 });
  assertEquals(countProblems([rest, problem("a", "a"), warning]), { errors: 8, warnings: 1 });
});
