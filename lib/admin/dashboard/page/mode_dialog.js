// @ts-check
/// <reference lib="dom" />
/**
 * @import { BackendView, PoolView } from "../../metrics/status_view.ts"
 */
import { byId, setText } from "./element.js";
import { formatCounted } from "./figures.js";
import { warnOfLast } from "./verdict.js";

/** @type {Readonly<Record<string, { readonly verb: string, readonly effect: string }>>} */
const ORDERS = {
  ready: { verb: "Make ready", effect: "It takes new sessions again as soon as it is up." },
  drain: {
    verb: "Drain",
    effect: "It takes no new sessions; existing ones continue. It is still checked.",
  },
  maintenance: {
    verb: "Set to maintenance",
    effect: "It takes no new sessions; existing ones continue. It is no longer checked.",
  },
};

/** Asks for confirmation before a backend's mode is changed. */
export class ModeDialog {
  #dialog = byId("confirm", HTMLDialogElement);
  #title = byId("confirm-title", HTMLElement);
  #text = byId("confirm-text", HTMLElement);
  #warning = byId("confirm-warning", HTMLElement);
  #error = byId("confirm-error", HTMLElement);
  #yes = byId("confirm-yes", HTMLButtonElement);
  /** @type {() => Promise<void>} */
  #carryOut = () => Promise.resolve();

  constructor() {
    this.#yes.addEventListener("click", () => this.#confirm());
  }

  /**
   * Opens the dialog, which closes when the order is carried out or cancelled.
   *
   * @param {PoolView} pool
   * @param {BackendView} backend
   * @param {string} mode
   * @param {() => Promise<void>} carryOut rejects with the reason if it cannot be done
   */
  ask(pool, backend, mode, carryOut) {
    const order = ORDERS[mode];
    if (order === undefined) return;
    this.#carryOut = carryOut;
    const { active } = backend.figures;
    const warning = mode === "ready" ? "" : warnOfLast(pool, backend.id);
    setText(this.#title, `${order.verb}: ${backend.name}`);
    setText(
      this.#text,
      `${order.effect} It has ${formatCounted(active, "session")} on ${pool.name}.`,
    );
    setText(this.#warning, warning);
    this.#warning.hidden = warning === "";
    this.#error.hidden = true;
    setText(this.#yes, order.verb);
    this.#yes.disabled = false;
    this.#dialog.showModal();
  }

  async #confirm() {
    this.#yes.disabled = true;
    try {
      await this.#carryOut();
      this.#dialog.close();
    } catch (error) {
      setText(this.#error, `Failed: ${error instanceof Error ? error.message : error}`);
      this.#error.hidden = false;
      this.#yes.disabled = false;
    }
  }
}
