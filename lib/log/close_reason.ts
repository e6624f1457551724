/** The steps of a session's life, in order. */
export const PHASES = [
  "accept",
  "admit",
  "acquire",
  "connect",
  "announce",
  "relay",
  "end",
] as const;
export type Phase = typeof PHASES[number];

/** Who or what can end a session. */
export const ENDERS = [
  /** Both sides finished. */
  "done",
  /** The client reset the connection or disconnected. */
  "client",
  /** The backend refused or reset the connection, or disconnected. */
  "backend",
  /** A timeout that neither side alone caused: no data moved, or connecting took too long. */
  "timeout",
  /** A timeout while waiting for the client: no first byte, or no end after the backend's. */
  "client_timeout",
  /** A timeout while waiting for the backend: no end after the client's. */
  "backend_timeout",
  /** The session reached its maximum lifetime. */
  "lifetime",
  /** A configured limit: connections, or their rate. */
  "limit",
  /** The access lists do not allow this client. */
  "denied",
  /** No backend was available. */
  "no_backend",
  /** The backend went down, and `on_down` closes its sessions. */
  "backend_down",
  /** This machine ran out of something: descriptors, ports, memory. */
  "resource",
  /** A shutdown, a removed listener or a drained backend whose time to drain was over. */
  "drain",
  /** An operator, or Weir itself. */
  "operator",
] as const;
export type Ender = typeof ENDERS[number];

/** Why a session ended: who ended it, and in which phase of its life. */
export interface CloseReason {
  readonly by: Ender;
  readonly phase: Phase;
}

interface EnderEntry {
  readonly letter: string;
  readonly words: string;
  /** What is different in some phases. */
  readonly in?: Partial<Record<Phase, { readonly letter?: string; readonly words?: string }>>;
}

/** The first letter of the close code, and the first half of the words. */
const WHO: Readonly<Record<Ender, EnderEntry>> = {
  done: { letter: "-", words: "both sides finished" },
  client: {
    letter: "C",
    words: "client disconnected",
    in: { relay: { words: "client aborted" } },
  },
  backend: {
    letter: "S",
    words: "backend failed",
    in: {
      connect: { words: "backend refused" },
      announce: { words: "backend disconnected" },
      relay: { words: "backend aborted" },
    },
  },
  timeout: {
    letter: "c",
    words: "timeout",
    in: {
      acquire: { letter: "s" },
      connect: { letter: "s" },
      announce: { letter: "s" },
      relay: { words: "idle timeout" },
    },
  },
  client_timeout: { letter: "c", words: "client took too long" },
  backend_timeout: { letter: "s", words: "backend took too long" },
  lifetime: { letter: "P", words: "maximum lifetime reached" },
  limit: { letter: "P", words: "limit reached" },
  denied: { letter: "P", words: "client denied" },
  no_backend: { letter: "S", words: "no backend available" },
  backend_down: { letter: "D", words: "backend went down" },
  resource: { letter: "R", words: "out of resources" },
  drain: { letter: "K", words: "drained" },
  operator: { letter: "K", words: "closed by an operator" },
};

/** The second letter of the close code, and the second half of the words. */
const WHEN: Readonly<Record<Phase, { readonly letter: string; readonly words: string }>> = {
  accept: { letter: "R", words: "while accepting" },
  admit: { letter: "R", words: "while admitting" },
  acquire: { letter: "Q", words: "while choosing a backend" },
  connect: { letter: "C", words: "while connecting" },
  announce: { letter: "C", words: "while sending the PROXY header" },
  relay: { letter: "D", words: "while relaying" },
  end: { letter: "L", words: "while closing" },
};

/**
 * The close reason in two letters, after the termination state in HAProxy's TCP log.
 *
 * The first says who ended the session: `-` nobody (both sides finished), `C` the client, `S` the
 * backend, or the lack of one, `c` a timeout on the client's side (including an idle session), `s`
 * a timeout on the backend's side, `P` a limit or a denial, `R` resources of this machine, `D` a
 * backend that went down, `K` an operator or a drain.
 *
 * The second says when: `R` before a backend was chosen, `Q` while choosing or waiting for one, `C`
 * while connecting to it (including the PROXY header), `D` while relaying, `L` while closing, `-`
 * at a normal end.
 */
export function closeCode(reason: CloseReason): string {
  if (reason.by === "done") return "--";
  const who = WHO[reason.by];
  return (who.in?.[reason.phase]?.letter ?? who.letter) + WHEN[reason.phase].letter;
}

/** The close reason as part of a sentence, such as `backend refused while connecting`. */
export function describeReason(reason: CloseReason): string {
  const who = WHO[reason.by];
  if (reason.by === "done") return who.words;
  return `${who.in?.[reason.phase]?.words ?? who.words} ${WHEN[reason.phase].words}`;
}
