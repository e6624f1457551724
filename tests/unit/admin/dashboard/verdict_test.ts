import { assert, assertEquals } from "@std/assert";
import {
  describeVerdict,
  findProblems,
  reasonOf,
  warnOfLast,
} from "../../../../lib/admin/dashboard/page/verdict.js";
import {
  sampleBackend,
  sampleMapping,
  samplePool,
  sampleStatus,
} from "../../../support/sample_status.ts";

const DOWN = sampleBackend("127.0.0.1:8081", {
  condition: "down",
  lastChange: {
    atMs: 1,
    text: "Backend 127.0.0.1:8081 of pool 24003 is down: connection refused",
  },
});

Deno.test("findProblems() finds none where an operator wants it so", () => {
  const backends = [
    sampleBackend("a"),
    sampleBackend("b", { condition: "drain", mode: "drain" }),
    sampleBackend("c", { condition: "maintenance", mode: "maintenance" }),
  ];
  const problems = findProblems(sampleStatus([sampleMapping(backends)]));
  assertEquals(problems, []);
  assertEquals(describeVerdict(problems), { tone: "good", text: "All good" });
});

Deno.test("findProblems() says which backend is down and why, once", () => {
  const problems = findProblems(sampleStatus([sampleMapping([DOWN])]));
  assertEquals(problems.map(({ text }) => text), [
    "Backend 127.0.0.1:8081 of 24003 is down: connection refused",
  ]);
  assertEquals(describeVerdict(problems), { tone: "fair", text: "1 problem" });
});

Deno.test("findProblems() says which name has no address", () => {
  const unresolved = [{ name: "a.test:80", problem: "not found" }];
  const mapping = sampleMapping([sampleBackend("a")], {}, { unresolved });
  const [problem] = findProblems(sampleStatus([mapping]));
  assertEquals(
    problem?.text,
    "Backend a.test:80 of 24003 is left out because its name has no address: not found",
  );
});

Deno.test("findProblems() does not take another change for the reason", () => {
  const backend = sampleBackend("a", {
    condition: "ejected",
    lastChange: { atMs: 1, text: "Backend a of pool 24003: weight set to 3 by an operator" },
  });
  const [problem] = findProblems(sampleStatus([sampleMapping([backend])]));
  assertEquals(problem?.text, "Backend a of 24003 is ejected");
});

Deno.test("findProblems() says where the file is wrong that could not be used", () => {
  const diagnostic = (severity: "error" | "warning", line: number, message: string) => ({
    severity,
    message,
    file: "weir.cfg",
    line,
    column: 1,
    length: 1,
    lineText: "",
    lineStart: 1,
  });
  const textFor = (
    diagnostics: readonly ReturnType<typeof diagnostic>[],
    problems = ["The file has errors"],
  ): string | undefined => {
    const last = { atMs: 1, ok: false, cause: "SIGHUP", diagnostics, problems, changes: [] };
    const [problem] = findProblems(sampleStatus([], {
      reloads: { succeeded: 0, failed: 1, last },
    }));
    return problem?.text.replace("The last reload failed, and the old settings are in force: ", "");
  };
  const warning = diagnostic("warning", 2, "key twice");
  assertEquals(textFor([warning, diagnostic("error", 12, "no key")]), "line 12: no key");
  assertEquals(
    textFor([diagnostic("error", 0, "no mappings"), diagnostic("error", 12, "no key")]),
    "no mappings (and 1 more)",
  );
  assertEquals(textFor([warning], ["Could not bind"]), "Could not bind");
});

Deno.test("findProblems() puts what turns clients away first", () => {
  const mapping = sampleMapping([DOWN], {
    ready: false,
    notReadyReasons: ["listener 24003 has no backend that takes sessions"],
  });
  const status = sampleStatus([mapping], {
    ready: false,
    notReadyReasons: ["Weir is shutting down"],
    reloads: {
      succeeded: 0,
      failed: 1,
      last: {
        atMs: 1,
        ok: false,
        cause: "SIGHUP",
        diagnostics: [],
        problems: ["The file has errors"],
        changes: [],
      },
    },
  });
  const problems = findProblems(status);
  assertEquals(problems.map(({ severity }) => severity), ["severe", "severe", "minor", "minor"]);
  assertEquals(problems[0]?.text, "Weir is shutting down");
  assert(problems[1]?.text.startsWith("Listener 24003 has no backend"));
  assertEquals(describeVerdict(problems), { tone: "bad", text: "4 problems" });
});

Deno.test("reasonOf() leaves out which backend it is, and keeps what it does not know", () => {
  assertEquals(reasonOf(DOWN), "is down: connection refused");
  assertEquals(reasonOf(sampleBackend("a")), "");
  const odd = { atMs: 1, text: "Something else" };
  assertEquals(reasonOf(sampleBackend("a", { lastChange: odd })), "Something else");
});

Deno.test("warnOfLast() warns of the last backend that takes sessions, and of no other", () => {
  const last = sampleBackend("a");
  const pool = samplePool([last, DOWN]);
  assert(warnOfLast(pool, last.id).startsWith("New clients will be refused"));
  assertEquals(warnOfLast(pool, DOWN.id), "");
  assertEquals(warnOfLast(samplePool([last, sampleBackend("b")]), last.id), "");
});
