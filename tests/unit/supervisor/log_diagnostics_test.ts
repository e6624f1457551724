import { assertEquals } from "@std/assert";
import { type IncludedText, parseSettings } from "../../../lib/config/load_settings.ts";
import { configureLogging, resetLogging } from "../../../lib/log/logging.ts";
import { logDiagnostics } from "../../../lib/supervisor/log_diagnostics.ts";

/** What is logged about a file, one value for each line. */
function logged<T>(
  text: string,
  format: "text" | "json",
  read: (line: string) => T,
  included: readonly IncludedText[] = [],
): T[] {
  const { diagnostics } = parseSettings(text, "a.cfg", { cores: 1, privileged: true }, included);
  const lines: T[] = [];
  configureLogging({ level: "info", format, write: (line) => void lines.push(read(line)) });
  try {
    logDiagnostics(diagnostics, "a.cfg", "reload");
  } finally {
    resetLogging();
  }
  return lines;
}

Deno.test("logDiagnostics() makes one record of each problem, with its place", () => {
  const text = "[options]\nalgoritm = random\nhealth_send = a\n[mappings]\n2000 = a\n";
  const lines = logged(text, "json", (line) => {
    const { level, category, properties } = JSON.parse(line);
    return { level, category, ...properties };
  });
  const file = "a.cfg";
  const [level, category] = ["error", "reload"];
  assertEquals(lines, [
    {
      ...{ level, category, file, line: 2, column: 1, severity: "error" },
      problem: 'unknown key "algoritm" in [options]; did you mean "algorithm"?',
    },
    {
      ...{ level, category, file, line: 5, column: 8, severity: "error" },
      problem: 'backend "a" has no port: expected host:port[:weight]',
    },
  ]);
});

Deno.test("logDiagnostics() names the file that a problem is in", () => {
  const [main, other] = ["[mappings]\n2000 = a:1\n", "[mappings]\n2001 = a\n2000 = b:1\n"];
  const included = [{ file: "conf.d/b.cfg", text: other }];
  const lines = logged(main, "json", (line) => JSON.parse(line).properties, included);
  assertEquals(lines.map(({ file, line, column }) => `${file}:${line}:${column}`), [
    "conf.d/b.cfg:2:8",
    "conf.d/b.cfg:3:1",
  ]);
  assertEquals(
    lines[1].problem,
    'duplicate key "2000" in [mappings]; it is already set in a.cfg:2',
  );
});

Deno.test("logDiagnostics() warns where nothing is wrong, and names a file as a whole", () => {
  const write = (line: string): string => line.slice(line.indexOf(" ") + 1);
  assertEquals(logged("[options]\nhealth_send = a\n[mappings]\n2000 = a:1\n", "text", write), [
    "warn  reload: a.cfg:2:1: warning: health_send has no effect: " +
    "no listener has health_check = send_expect\n",
  ]);
  const [line = ""] = logged("", "text", write);
  assertEquals(line.startsWith("error reload: a.cfg: error: there is no [mappings] section"), true);
});

Deno.test("logDiagnostics() counts what it does not log", () => {
  const keys = Array.from({ length: 5000 }, (_, index) => `key_${index} = 1`).join("\n");
  const lines = logged(`[options]\n${keys}\n[mappings]\n2000 = a:1\n`, "text", (line) => line);
  assertEquals(lines.length, 21);
  const last = lines.at(-1) ?? "";
  const rest = '4980 more problems are not logged: "weir check a.cfg" lists them\n';
  assertEquals(last.endsWith(rest), true, last);
});
