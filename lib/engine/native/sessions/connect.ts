import type { Lease } from "../../../balance/lease.ts";
import type { BackendSettings } from "../../../config/settings.ts";
import type { ConnectFailure } from "../../failed_attempts.ts";
import type { SessionLife } from "../../session_life.ts";
import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLOUT, EPOLLRDHUP, MSG_PEEK } from "../libc/constants.ts";
import { ERRNO, isLocalFault, LibcError } from "../libc/errno.ts";
import type { Watcher } from "../loop/epoll_loop.ts";
import { NO_DESCRIPTOR } from "./flow.ts";
import { BOTH_WAYS } from "./relay.ts";
import type { Workshop } from "./workshop.ts";

/** The events of a waiting client that matter: whether it is still there. */
const LEAVING = EPOLLRDHUP | EPOLLET;

/**
 * The session that needs a backend. It also watches the pending connection and passes its events
 * on.
 */
export interface ConnectOwner extends Watcher {
  /** The client's connection. */
  readonly client: number;
  readonly life: SessionLife;
  /** A backend is connected, and the owner owns its descriptor from now on. */
  connected(backend: number, events: number, nowMs: number): void;
  /** No backend is available; `life` knows why. */
  gaveUp(): void;
  /** This machine has no descriptors left. Returns whether trying again may help. */
  ranOutOfDescriptors(): boolean;
}

/**
 * The search for a backend: acquires one after another, waits for a place while all are full, and
 * dials until a connection is established.
 *
 * Ownership: a descriptor that is being dialled belongs to this class, until it is passed to the
 * owner or closed.
 */
export class Connect {
  readonly #owner: ConnectOwner;
  readonly #workshop: Workshop;
  /** The pending connection. */
  #backend = NO_DESCRIPTOR;
  /** The backend that is being dialled, and which of its addresses. */
  #dialled: BackendSettings | undefined;
  #candidate = 0;
  /** The error of its addresses tried so far. */
  #failure: LibcError | undefined;
  #isClientWatched = false;

  constructor(owner: ConnectOwner, workshop: Workshop) {
    this.#owner = owner;
    this.#workshop = workshop;
  }

  /** Whether a connection is pending. */
  get isDialling(): boolean {
    return this.#dialled !== undefined;
  }

  /** Whether the loop has been asked for events of the client's connection. */
  get isClientWatched(): boolean {
    return this.#isClientWatched;
  }

  /** Acquires one backend after another until a connection is pending. */
  begin(): void {
    const { life } = this.#owner;
    for (;;) {
      const lease = life.acquire(this.#onPlace);
      if (lease === "queued") {
        this.#watchClient();
        return;
      }
      if (lease === undefined) {
        this.#owner.gaveUp();
        return;
      }
      if (this.#begin(lease) || life.finished) return;
    }
  }

  /** Something happened to the client's connection or to the pending one. */
  ready(descriptor: number, events: number, nowMs: number): void {
    if (descriptor === this.#owner.client) this.#clientReady(events);
    else this.#dialReady(events, nowMs);
  }

  /** The pending connection takes too long. */
  timedOut(): void {
    this.drop();
    this.#dialled = undefined;
    if (this.#owner.life.connectFailed("connect_timeout", undefined)) this.begin();
    else this.#owner.gaveUp();
  }

  /** Gives up the pending connection. */
  drop(): void {
    if (this.#backend < 0) return;
    const { loop, libc } = this.#workshop;
    loop.unwatch(this.#backend);
    libc.close(this.#backend);
    this.#backend = NO_DESCRIPTOR;
  }

  readonly #onPlace = (lease: Lease | undefined): void => {
    try {
      if (lease === undefined) this.#owner.gaveUp();
      else if (!this.#begin(lease) && !this.#owner.life.finished) this.begin();
    } catch (error) {
      // It must cost only this session, not the one whose end freed the place.
      this.#owner.fail(error);
    }
  };

  /** Dials a lease's backend. Returns false if another backend, or none, is to be acquired. */
  #begin(lease: Lease): boolean {
    this.#dialled = lease.backend;
    this.#candidate = 0;
    this.#failure = undefined;
    return this.#dial();
  }

  /**
   * Dials the next address of the backend. Returns false if none is left: then the owner has been
   * notified, or is to go on to another backend.
   */
  #dial(): boolean {
    const { dialer, loop } = this.#workshop;
    const { sourceAddresses } = this.#owner.life.poolSettings;
    const sockaddrs = dialer.sockaddrsOf(this.#dialled as BackendSettings);
    for (let at = this.#candidate; at < sockaddrs.length; at++) {
      this.#candidate = at + 1;
      const sockaddr = sockaddrs[at] as Uint8Array<ArrayBuffer>;
      this.#backend = dialer.dial(sockaddr, sourceAddresses);
      if (this.#backend < 0 && isOutOfDescriptors(dialer.error)) {
        if (this.#owner.ranOutOfDescriptors()) {
          this.#backend = dialer.dial(sockaddr, sourceAddresses);
        }
      }
      if (this.#backend >= 0) {
        loop.watch(this.#backend, BOTH_WAYS, this.#owner);
        return true;
      }
      this.#addressFailed(dialer.error);
    }
    this.#dialled = undefined;
    const error = this.#failure ?? new Error("It has no address");
    if (!this.#owner.life.connectFailed(kindOf(error), error)) this.#owner.gaveUp();
    return false;
  }

  /**
   * Of several failures, one that is not this machine's own takes precedence: a host may have no
   * IPv6.
   */
  #addressFailed(error: LibcError): void {
    const before = this.#failure;
    if (before === undefined || isLocalFault(before.errno)) this.#failure = error;
  }

  #dialReady(events: number, nowMs: number): void {
    const { dialer } = this.#workshop;
    let errno = (events & (EPOLLERR | EPOLLHUP)) === 0 ? 0 : dialer.outcome(this.#backend);
    if (errno === 0 && (events & EPOLLOUT) === 0) return;
    const sockaddrs = dialer.sockaddrsOf(this.#dialled as BackendSettings);
    const sockaddr = sockaddrs[this.#candidate - 1] as Uint8Array<ArrayBuffer>;
    if (errno === 0 && dialer.isSelfConnected(this.#backend, sockaddr)) errno = ERRNO.ECONNREFUSED;
    if (errno === 0) {
      const backend = this.#backend;
      this.#backend = NO_DESCRIPTOR;
      this.#dialled = undefined;
      this.#owner.connected(backend, events, nowMs);
      return;
    }
    this.drop();
    this.#addressFailed(new LibcError("connect", errno));
    if (!this.#dial() && !this.#owner.life.finished) this.begin();
  }

  /** From here on, a client that leaves while it waits is noticed. */
  #watchClient(): void {
    const { loop } = this.#workshop;
    const { client } = this.#owner;
    // Requested again, so that an end reported while a backend was dialled is reported again.
    if (this.#isClientWatched) loop.change(client, LEAVING);
    else loop.listen(client, LEAVING);
    this.#isClientWatched = true;
  }

  #clientReady(events: number): void {
    const { life } = this.#owner;
    if (life.phase !== "acquire") return;
    const isReset = (events & (EPOLLERR | EPOLLHUP)) !== 0;
    const isEnd = (events & EPOLLRDHUP) !== 0;
    // A client that has sent a request and then its end is waiting for the answer.
    if (isReset || (isEnd && (life.poolSettings.abortOnClose || !this.#hasSentBytes()))) {
      life.finish("client");
    }
  }

  #hasSentBytes(): boolean {
    return this.#workshop.libc.recv(this.#owner.client, oneByte, 1, MSG_PEEK) > 0;
  }
}

const oneByte = new Uint8Array(1);

function isOutOfDescriptors({ errno }: LibcError): boolean {
  return errno === ERRNO.EMFILE || errno === ERRNO.ENFILE;
}

function kindOf(error: Error): ConnectFailure {
  if (!(error instanceof LibcError)) return "connect_failed";
  // For `bind`, it means that this machine does not have the address.
  if (error.errno === ERRNO.EADDRNOTAVAIL && error.syscall === "connect") return "no_port";
  return isLocalFault(error.errno) ? "local_fault" : "connect_failed";
}
