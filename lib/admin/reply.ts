import { RenderedBody, renderJson } from "./rendered_body.ts";

/** What a request is answered with. */
export interface Reply {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent where there is no content. */
  readonly body?: string | RenderedBody;
}

/** An answer whose body is written little by little, for as long as the client listens. */
export interface LiveReply extends Omit<Reply, "body"> {
  /**
   * Called exactly once, after the head is written. Returns the function that is called, once, when
   * the client is gone or the outlet was ended.
   */
  readonly start: (outlet: Outlet) => () => void;
}

/** Where the body of a {@linkcode LiveReply} goes. */
export interface Outlet {
  /** How many bytes the client has not taken yet. */
  readonly backlog: number;
  write(bytes: Uint8Array): void;
  end(): void;
}

/** Answers with JSON: a value, or one that is rendered already. */
export function jsonReply(value: unknown, status = 200): Reply {
  const body = value instanceof RenderedBody ? value : renderJson(value);
  return { status, headers: { "content-type": "application/json" }, body };
}
