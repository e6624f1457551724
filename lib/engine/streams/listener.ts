import type { Address } from "../../base/address.ts";
import { type Entrant, HOLD_MS } from "../../access/admission.ts";
import { addressKeyOfText } from "../../base/address_key.ts";
import { Backoff } from "../../base/backoff.ts";
import { hasLeft } from "../../base/has_left.ts";
import { ListenerTally } from "../../state/counters.ts";
import { WorkerTally } from "../../state/worker_counters.ts";
import type { ListenerPlan } from "../generation.ts";
import type { EngineListener } from "../listener_roster.ts";
import type { ListenerShare } from "../listener_share.ts";
import { type SessionClient, SessionLife } from "../session_life.ts";
import type { Lingering } from "./lingering.ts";
import { BufferShelves } from "./read_buffer.ts";
import { Session, type SessionInputs } from "./session.ts";

/** Connections that may wait to be accepted; the kernel lowers it to its own limit. */
const BACKLOG = 4096;
/** A queue that brings no client for this long counts as empty. */
const QUEUE_SETTLED_MS = 5;
/** A queue that is never empty is waited for this often. */
const MOST_QUEUE_WAITS = 40;

/** A client that has reset its connection in the queue: Deno does not tell who it was. */
const NOBODY: SessionClient & Entrant = { name: "", addressHash: 0, addressKey: 0n };

type Admitted = ReturnType<ListenerShare["admit"]>;

/** Who keeps the sessions of all listeners of a worker. */
export interface SessionKeeper {
  sessionStarted(session: Session): void;
  sessionEnded(session: Session): void;
  readonly lingering: Lingering;
}

/** One worker's socket at a listener's address, and the loop that accepts from it. */
export class Listener implements EngineListener, SessionInputs {
  shelves: BufferShelves;
  readonly #keeper: SessionKeeper;
  readonly #socket: Deno.TcpListener;
  #share: ListenerShare;
  readonly #acceptBackoff = new Backoff({ firstMs: 5, longestMs: 500 });
  #closed = false;
  /** Done when no further session can begin. */
  #accepting: Promise<void> = Promise.resolve();
  #acceptedSinceWait = false;
  /** Goes up when a retirement begins, or is called off. */
  #retirement = 0;
  /** Until when clients are left in the socket's queue, `performance.now()`. */
  #shortUntilMs = 0;
  /** Clients that have met a limit of sessions, until it is known what becomes of them. */
  readonly #held = new Set<Promise<void>>();
  /** The waits that a close has to end, as no timer may be left. */
  readonly #waits = new Set<() => void>();

  /** Binds the address, and throws what `Deno.listen` throws where that cannot be done. */
  constructor(
    plan: ListenerPlan,
    { hostname, port }: Address,
    share: ListenerShare,
    keeper: SessionKeeper,
  ) {
    this.#socket = Deno.listen({ hostname, port, reusePort: true, tcpBacklog: BACKLOG });
    this.#share = share;
    this.#keeper = keeper;
    this.shelves = new BufferShelves(plan.settings.bufferSize);
  }

  get share(): ListenerShare {
    return this.#share;
  }

  /** Starts to accept clients. */
  serve(): void {
    this.#accepting = this.#acceptLoop();
  }

  /** Applies new settings to the sessions to come. */
  update(plan: ListenerPlan, share: ListenerShare): void {
    if (plan.settings.bufferSize !== this.shelves.bufferSize) {
      this.shelves = new BufferShelves(plan.settings.bufferSize);
    }
    this.#share = share;
  }

  /**
   * Stops accepting once the clients that wait in the socket's queue have been served: the kernel
   * would reset them. Sessions go on. Returns false if it was revived before that.
   */
  async retire(): Promise<boolean> {
    const retirement = ++this.#retirement;
    for (let waits = 0; waits < MOST_QUEUE_WAITS && !this.#closed; waits++) {
      this.#acceptedSinceWait = false;
      await this.#wait(QUEUE_SETTLED_MS);
      // On a busy machine the timer is late, and stands before clients that are accepted already.
      await this.#wait(0);
      await this.#wait(0);
      if (this.#retirement !== retirement) return false;
      if (!this.#acceptedSinceWait) break;
    }
    if (!this.#closed) this.share.tally(ListenerTally.openCloses);
    this.close();
    // A client may have been accepted in the very moment of the close.
    await this.#accepting;
    await Promise.all(this.#held);
    return true;
  }

  /** Continues to accept during a retirement. Returns false if it is too late for that. */
  revive(): boolean {
    if (this.#closed) return false;
    this.#retirement++;
    return true;
  }

  /** Stops accepting, at once. Sessions go on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    for (const end of this.#waits) end();
  }

  /**
   * An explicit loop: `for await` over a listener ends at the first error, and running out of file
   * descriptors is an error that passes.
   */
  async #acceptLoop(): Promise<void> {
    while (!this.#closed) {
      let client: Deno.TcpConn;
      try {
        client = await this.#socket.accept();
      } catch (error) {
        if (this.#closed) return;
        if (hasLeft(error)) {
          this.#countLeft();
          continue;
        }
        this.share.tallyWorker(WorkerTally.acceptErrors);
        this.share.failures.acceptFailed(this.share.settings, error);
        await this.#wait(this.#acceptBackoff.next());
        continue;
      }
      this.#acceptedSinceWait = true;
      const shortMs = this.#shortUntilMs - performance.now();
      if (shortMs > 0) await this.#wait(shortMs);
      try {
        const entrant = new StreamsEntrant(client);
        this.#welcome(client, entrant, this.share.admit(entrant));
      } catch (error) {
        this.#broke(client, error);
        await this.#wait(this.#acceptBackoff.next());
      }
    }
  }

  /** Begins the session of a client, or closes its connection where it may have none. */
  #welcome(client: Deno.TcpConn, entrant: Entrant, admitted: Admitted): void {
    if (admitted === "admitted") {
      void this.#run(new Session(client, this));
    } else if (admitted === "held") {
      const holding = this.#hold(client, entrant).finally(() => this.#held.delete(holding));
      this.#held.add(holding);
    } else {
      client.close();
    }
  }

  /** Never rejects. */
  async #hold(client: Deno.TcpConn, entrant: Entrant): Promise<void> {
    const holder = this.share;
    await this.#wait(HOLD_MS);
    try {
      this.#welcome(client, entrant, this.share.admitHeld(entrant, holder));
    } catch (error) {
      this.#broke(client, error);
    }
  }

  /** No step is known to throw. Should one do so all the same, it must cost that client alone. */
  #broke(client: Deno.TcpConn, error: unknown): void {
    client.close();
    this.share.tallyWorker(WorkerTally.acceptErrors);
    this.share.failures.acceptBroke(this.share.settings, error);
  }

  async #run(session: Session): Promise<void> {
    this.#keeper.sessionStarted(session);
    try {
      await session.run();
    } catch (error) {
      this.share.failures.unexpected(`at its end, listener ${this.share.settings.key}`, error);
    }
  }

  get lingering(): Lingering {
    return this.#keeper.lingering;
  }

  ranShort(): void {
    this.lingering.closeAll();
    const nowMs = performance.now();
    if (nowMs >= this.#shortUntilMs) this.#shortUntilMs = nowMs + this.#acceptBackoff.next();
  }

  sessionConnected(): void {
    this.#acceptBackoff.reset();
  }

  sessionEnded(session: Session): void {
    this.#keeper.sessionEnded(session);
  }

  /** Nobody is left to serve. The session counts all the same, as one that had begun would. */
  #countLeft(): void {
    const { share } = this;
    const admitted = share.admit(NOBODY);
    if (admitted === "refused") return;
    if (admitted === "held" && share.admitHeld(NOBODY, share) === "refused") return;
    const life = new SessionLife(share, NOBODY);
    life.finish("client");
    life.end();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waits.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#waits.add(end);
    });
  }
}

/** An accepted connection that has not been admitted to a session yet. */
class StreamsEntrant implements Entrant {
  readonly #conn: Deno.TcpConn;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  get addressKey(): bigint {
    return addressKeyOfText(this.#conn.remoteAddr.hostname);
  }
}
