import { RenderedBody, renderJson } from "./rendered_body.ts";

/** The answer to a request. */
export interface Reply {
  readonly status: number;
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent if there is no content; a promise while it is rendered in slices. */
  readonly body?: string | RenderedBody | Promise<RenderedBody>;
}

/** An answer whose body is written gradually, for as long as the client is connected. */
export interface LiveReply extends Omit<Reply, "body"> {
  /**
   * Called exactly once, after the head is written. Returns a function that is called, once, when
   * the client is gone or the outlet was ended.
   */
  readonly start: (outlet: Outlet) => () => void;
}

/** Where the body of a {@linkcode LiveReply} goes. */
export interface Outlet {
  /** How many bytes the client has not received yet. */
  readonly backlog: number;
  write(bytes: Uint8Array): void;
  end(): void;
}

/** Makes a JSON answer from a value, or from one that is already rendered. */
export function jsonReply(value: unknown, status = 200): Reply {
  const body = value instanceof RenderedBody ? value : renderJson(value);
  return { status, headers: { "content-type": "application/json" }, body };
}
