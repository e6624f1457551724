// @ts-check
/// <reference lib="dom" />
/**
 * @import { Access } from "./access.js"
 */
import { byId, setText } from "./element.js";

/** The field for a token, which is shown only while one is needed. */
export class TokenForm {
  #access;
  #form = byId("token-form", HTMLFormElement);
  #field = byId("token", HTMLInputElement);
  #hint = byId("token-hint", HTMLElement);
  #forget = byId("forget", HTMLButtonElement);

  /**
   * @param {Access} access
   * @param {() => void} onChange called when the token has changed
   */
  constructor(access, onChange) {
    this.#access = access;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      access.token = this.#field.value.trim();
      this.#field.value = "";
      onChange();
    });
    this.#forget.addEventListener("click", () => {
      access.token = "";
      onChange();
    });
  }

  /** Asks for a token, because there is none or it is not valid. */
  ask() {
    const isWrong = this.#access.token !== "";
    setText(
      this.#hint,
      isWrong ? "This token is not valid." : "A token from the file that admin_token_file names.",
    );
    this.#field.setAttribute("aria-invalid", String(isWrong));
    if (!this.#form.hidden) return;
    this.#form.hidden = false;
    this.#forget.hidden = true;
    this.#field.focus();
  }

  /** Weir accepts the token, or needs none. */
  settle() {
    this.#form.hidden = true;
    this.#forget.hidden = this.#access.token === "";
  }
}
