import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  closeCode,
  describeReason,
  type Ender,
  ENDERS,
  type Phase,
  PHASES,
} from "../../../lib/log/close_reason.ts";

Deno.test("closeCode() and describeReason() say who ended a session and when", () => {
  const cases: [Ender, Phase, string, string][] = [
    ["done", "end", "--", "both sides finished"],
    ["done", "relay", "--", "both sides finished"],
    ["client", "connect", "CC", "client disconnected while connecting"],
    ["client", "relay", "CD", "client aborted while relaying"],
    ["backend", "connect", "SC", "backend refused while connecting"],
    ["backend", "announce", "SC", "backend disconnected while sending the PROXY header"],
    ["backend", "relay", "SD", "backend aborted while relaying"],
    ["no_backend", "acquire", "SQ", "no backend available while choosing a backend"],
    ["timeout", "acquire", "sQ", "timeout while choosing a backend"],
    ["timeout", "connect", "sC", "timeout while connecting"],
    ["timeout", "relay", "cD", "idle timeout while relaying"],
    ["client_timeout", "relay", "cD", "client took too long while relaying"],
    ["backend_timeout", "relay", "sD", "backend took too long while relaying"],
    ["lifetime", "relay", "PD", "maximum lifetime reached while relaying"],
    ["limit", "admit", "PR", "limit reached while admitting"],
    ["denied", "admit", "PR", "client denied while admitting"],
    ["backend_down", "relay", "DD", "backend went down while relaying"],
    ["resource", "connect", "RC", "out of resources while connecting"],
    ["drain", "relay", "KD", "drained while relaying"],
    ["operator", "relay", "KD", "closed by an operator while relaying"],
    ["client", "end", "CL", "client disconnected while closing"],
  ];
  for (const [by, phase, code, words] of cases) {
    assertEquals(closeCode({ by, phase }), code, `${by} ${phase}`);
    assertEquals(describeReason({ by, phase }), words);
  }
});

Deno.test("closeCode() and describeReason() have an answer for every ender in every phase", () => {
  for (const by of ENDERS) {
    for (const phase of PHASES) {
      const code = closeCode({ by, phase });
      assertMatch(code, /^(--|[CScsPRDK][RQCDL])$/);
      assertEquals(code === "--", by === "done");
      assertMatch(describeReason({ by, phase }), /^[a-z][a-zA-Z ]+[a-z]$/);
    }
  }
});

Deno.test("describeReason() tells every two reasons apart that are not both a regular end", () => {
  const seen = new Map<string, string>();
  for (const by of ENDERS) {
    if (by === "done") continue;
    for (const phase of PHASES) {
      const words = describeReason({ by, phase });
      assertEquals(seen.get(words), undefined, `${by} ${phase} reads like ${seen.get(words)}`);
      seen.set(words, `${by} ${phase}`);
      assertNotEquals(words, "both sides finished");
    }
  }
});
