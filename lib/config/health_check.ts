import { closestWord } from "../base/closest_word.ts";
import type { HealthCheck } from "./settings.ts";
import type { ParsedValue, ValueType } from "./value_type.ts";

const EXPECTED = 'expected "http:/path" or "http:/path=status"';
const ALLOWED = "off, tcp, http:/path, http:/path=status or send_expect";

/** The kinds of health check: `off`, `tcp`, `http:/path`, `http:/path=200`, `send_expect`. */
export function healthCheck(): ValueType<HealthCheck> {
  return { kind: "check", allowed: ALLOWED, parse, format };
}

function parse(text: string): ParsedValue<HealthCheck> {
  if (text === "off" || text === "tcp" || text === "send_expect") {
    return { ok: true, value: { kind: text } };
  }
  if (text.startsWith("http:")) return parseHttp(text.slice("http:".length));
  const meant = closestWord(text, ["off", "tcp", "send_expect"]);
  const advice = meant === undefined ? `: expected ${ALLOWED}` : `; did you mean "${meant}"?`;
  return { ok: false, problem: `is unknown${advice}` };
}

function parseHttp(rest: string): ParsedValue<HealthCheck> {
  if (rest.startsWith("//")) {
    return { ok: false, problem: `has a host, but the request goes to the backend: ${EXPECTED}` };
  }
  if (!rest.startsWith("/")) return { ok: false, problem: `has no path: ${EXPECTED}` };
  const [, path, digits] = /^(\/[!-~]*?)(?:=(\d{3}))?$/.exec(rest) ?? [];
  if (path === undefined) {
    return {
      ok: false,
      problem: "has characters in its path that are not printable ASCII: write %20 for a space",
    };
  }
  const status = Number(digits ?? 0);
  if (digits !== undefined && (status < 100 || status > 599)) {
    return { ok: false, problem: "has a status that is out of range: expected 100 to 599" };
  }
  return { ok: true, value: { kind: "http", path, status } };
}

function format(check: HealthCheck): string {
  if (check.kind !== "http") return check.kind;
  return `http:${check.path}${check.status === 0 ? "" : `=${check.status}`}`;
}
