// @ts-check
/// <reference lib="dom" />

const STORAGE_KEY = "weir token";

/** An answer other than what was hoped for, in the words of Weir where it gave some. */
export class Refusal extends Error {
  /**
   * @param {string} message
   * @param {number} status of HTTP
   */
  constructor(message, status) {
    super(message);
    this.name = "Refusal";
    this.status = status;
  }

  /** Whether a token, or another one, is what it takes. */
  get wantsToken() {
    return this.status === 401;
  }
}

/** Asks the API of the Weir that served this page, with the token if there is one. */
export class Access {
  /** Kept as long as the tab is open. */
  get token() {
    return sessionStorage.getItem(STORAGE_KEY) ?? "";
  }

  set token(token) {
    if (token === "") sessionStorage.removeItem(STORAGE_KEY);
    else sessionStorage.setItem(STORAGE_KEY, token);
  }

  /**
   * Sends a request and gives the answer, which is a good one.
   *
   * @param {string} path
   * @param {RequestInit} [options]
   * @returns {Promise<Response>}
   * @throws {Refusal} where Weir says no
   * @throws {TypeError} where Weir cannot be reached
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
   * Sets what is wanted of a backend.
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
