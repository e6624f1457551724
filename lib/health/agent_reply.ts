import { MOST_SESSIONS } from "../config/key.ts";
import type { BackendModeName } from "../config/settings.ts";
import { escapeControls } from "../log/safe_text.ts";

/** What an agent said in one reply; whatever it did not mention is absent. */
export interface AgentReply {
  readonly health?: AgentHealth;
  readonly mode?: BackendModeName;
  /** A percentage of the weight that the file or an operator has set; 0 to 999999. */
  readonly weightPercent?: number;
  /** How many sessions the backend may have at once, 0 to 1000000; 0 = no limit. */
  readonly maxConnections?: number;
  /** The first word that means nothing; safe to display. */
  readonly unknown?: string;
}

/** What an agent said about the backend's health. */
export interface AgentHealth {
  readonly isDown: boolean;
  /**
   * The word, in lower case, and the description after `#` if there was one: `down: disk full`. Safe
   * to display.
   */
  readonly reason: string;
}

/** The longest description, and the longest unknown word, that is kept; in UTF-16 code units. */
const LONGEST_TEXT = 100;

const HEALTH_WORDS: ReadonlyMap<string, boolean> = new Map([
  ["up", false],
  ["down", true],
  ["fail", true],
  ["failed", true],
  ["stopped", true],
]);

const MODE_WORDS: ReadonlyMap<string, BackendModeName> = new Map([
  ["ready", "ready"],
  ["drain", "drain"],
  ["maint", "maintenance"],
]);

/**
 * Parses the reply of an agent as HAProxy does (configuration manual, "agent-check"): words
 * separated by spaces, tabs and commas, in any order and in upper or lower case, up to the first CR
 * or LF. A word that starts with `#` starts a description, which belongs to the word for health. Of
 * several words of the same kind the last one counts.
 *
 * Beyond HAProxy, `failed` means `fail`. Unlike there, an unknown word is reported even beside a
 * word for health, and a number that is out of range is an unknown word.
 */
export function parseAgentReply(text: string): AgentReply {
  const [line = ""] = text.split(/[\r\n]/, 1);
  const at = line.search(/(?<=^|[ \t,])#/);
  const [words, description] = at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
  const reply: { -readonly [K in keyof AgentReply]: AgentReply[K] } = {};
  for (const word of words.split(/[ \t,]+/)) {
    if (word === "") continue;
    const name = word.toLowerCase();
    const isDown = HEALTH_WORDS.get(name);
    const mode = MODE_WORDS.get(name);
    const percent = /^(\d{1,6})%$/.exec(name)?.[1];
    const limit = Number(/^maxconn:(\d{1,7})$/.exec(name)?.[1] ?? NaN);
    if (isDown !== undefined) reply.health = { isDown, reason: describe(name, description) };
    else if (mode !== undefined) reply.mode = mode;
    else if (percent !== undefined) reply.weightPercent = Number(percent);
    else if (limit <= MOST_SESSIONS) reply.maxConnections = limit;
    else reply.unknown ??= escapeControls(word.slice(0, LONGEST_TEXT));
  }
  return reply;
}

function describe(word: string, description: string): string {
  const text = escapeControls(description.trim().slice(0, LONGEST_TEXT));
  return text === "" ? word : `${word}: ${text}`;
}
