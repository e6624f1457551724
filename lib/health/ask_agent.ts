import { type AgentReply, parseAgentReply } from "./agent_reply.ts";
import type { ProbeSubject } from "./probe.ts";
import { runProbe, type Wire } from "./_run_probe.ts";

/** What came of asking an agent. */
export type AgentAnswer =
  | {
    readonly ok: true;
    /** With at least one word that means something. */
    readonly reply: AgentReply;
  }
  | {
    readonly ok: false;
    /** Why there is nothing to obey, in words that follow "… is of no use: ". */
    readonly problem: string;
  };

/**
 * Asks an agent once. It always closes its connection and never rejects.
 *
 * @param signal ends it after `health_timeout`, which the caller enforces
 */
export type AskAgent = (subject: ProbeSubject, signal: AbortSignal) => Promise<AgentAnswer>;

/** The longest line of an agent, in bytes. */
const LONGEST_LINE = 1024;

/** Connects to the agent of a backend, sends nothing, and reads one line. */
export async function askAgent(
  { pool, backend }: ProbeSubject,
  signal: AbortSignal,
): Promise<AgentAnswer> {
  let line: string | undefined;
  // It is another server than the backend's: it gets no PROXY header (HAProxy does the same).
  const subject = {
    pool: { ...pool, healthPort: pool.agentPort, proxyProtocol: "off" },
    backend,
  } as const;
  const result = await runProbe(subject, signal, async (wire) => {
    line = await readLine(wire);
    return line === undefined ? `its line is longer than ${LONGEST_LINE} bytes` : undefined;
  });
  if (!result.passed) return { ok: false, problem: result.reason };
  return judge(line ?? "");
}

/** What is wrong with a word that means nothing, in words that follow "… is of no use: ". */
export function describeWord(word: string): string {
  return `it says "${word}", which means nothing`;
}

/** Reads up to the end of a line or of the connection; `undefined` if it gets too long. */
async function readLine(wire: Wire): Promise<string | undefined> {
  let text = "";
  while (!/[\r\n]/.test(text)) {
    if (text.length > LONGEST_LINE) return undefined;
    const more = await wire.receive();
    if (more === undefined) break;
    text += more;
  }
  const [line = ""] = text.split(/[\r\n]/, 1);
  return line.length > LONGEST_LINE ? undefined : line;
}

/** @param line one character for each byte */
function judge(line: string): AgentAnswer {
  const bytes = Uint8Array.from(line, (character) => character.charCodeAt(0));
  const reply = parseAgentReply(new TextDecoder().decode(bytes));
  const { unknown, ...known } = reply;
  if (Object.keys(known).length > 0) return { ok: true, reply };
  return { ok: false, problem: unknown === undefined ? "it says nothing" : describeWord(unknown) };
}
