// @ts-check
/// <reference lib="dom" />
/**
 * @import { Access } from "./access.js"
 */
import { byId, setText } from "./element.js";

/** The field for a token, which is there only while one is needed. */
export class TokenForm {
  #access;
  #form = byId("token-form", HTMLFormElement);
  #field = byId("token", HTMLInputElement);
  #hint = byId("token-hint", HTMLElement);
  #forget = byId("forget", HTMLButtonElement);

  /**
   * @param {Access} access
   * @param {() => void} onChange hears that the token is another one
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

  /** Asks for a token: there is none, or it is not the right one. */
  ask() {
    const isWrong = this.#access.token !== "";
    setText(
      this.#hint,
      isWrong
        ? "Weir does not know this token."
        : "The one in the file that admin_token_file names.",
    );
    this.#field.setAttribute("aria-invalid", String(isWrong));
    if (!this.#form.hidden) return;
    this.#form.hidden = false;
    this.#forget.hidden = true;
    this.#field.focus();
  }

  /** Weir is content. */
  settle() {
    this.#form.hidden = true;
    this.#forget.hidden = this.#access.token === "";
  }
}
