// @ts-check
/// <reference lib="dom" />

const STORAGE_KEY = "weir token";

/** An error answer, with the message from Weir if it sent one. */
export class Refusal extends Error {
  /**
   * @param {string} message
   * @param {number} status the HTTP status
   */
  constructor(message, status) {
    super(message);
    this.name = "Refusal";
    this.status = status;
  }

  /** Whether a token, or a different one, is required. */
  get wantsToken() {
    return this.status === 401;
  }
}

/** A client for the API of the Weir that served this page, with the token if there is one. */
export class Access {
  /** Kept for as long as the tab is open. */
  get token() {
    return sessionStorage.getItem(STORAGE_KEY) ?? "";
  }

  set token(token) {
    if (token === "") sessionStorage.removeItem(STORAGE_KEY);
    else sessionStorage.setItem(STORAGE_KEY, token);
  }

  /**
   * Sends a request and returns the answer if it is successful.
   *
   * @param {string} path
   * @param {RequestInit} [options]
   * @returns {Promise<Response>}
   * @throws {Refusal} if Weir refuses
   * @throws {TypeError} if Weir cannot be reached
   */
  async request(path, options = {}) {
    const { token } = this;
    const headers = new Headers(options.headers);
    if (token !== "") headers.set("Authorization", `Bearer ${token}`);
    const answer = await fetch(path, { ...options, headers, cache: "no-store" });
    if (!answer.ok) throw new Refusal(await explain(answer), answer.status);
    return answer;
  }

  /**
   * Sets the mode of a backend.
   *
   * @param {string} backendId
   * @param {string} mode
   */
  async setMode(backendId, mode) {
    await this.request(`/api/v1/backends/${encodeURIComponent(backendId)}/mode`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ mode }),
    });
  }
}

/**
 * @param {Response} answer
 * @returns {Promise<string>}
 */
async function explain(answer) {
  try {
    const { detail, title } = await answer.json();
    return detail ?? title ?? `Weir answered with status ${answer.status}`;
  } catch {
    return `Weir answered with status ${answer.status}`;
  }
}
