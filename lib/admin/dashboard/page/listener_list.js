// @ts-check
/// <reference lib="dom" />
/**
 * @import { StatusView } from "../../metrics/status_view.ts"
 * @import { ShareMeter } from "./shares.js"
 */
import { byId, setText } from "./element.js";
import { ListenerView } from "./listener_view.js";

/** All listeners, and the field that filters the backends. */
export class ListenerList {
  #element = byId("listeners", HTMLElement);
  #filter = byId("filter", HTMLInputElement);
  #count = byId("filter-count", HTMLElement);
  /** @type {Map<string, ListenerView>} by key */
  #views = new Map();
  #onMode;

  /** @param {(backendId: string, mode: string) => void} onMode */
  constructor(onMode) {
    this.#onMode = onMode;
    this.#filter.addEventListener("input", () => this.#narrow());
    addEventListener("hashchange", () => this.#reveal());
  }

  /**
   * @param {StatusView} status
   * @param {ShareMeter} meter
   */
  update(status, meter) {
    const keys = new Set(status.listeners.map(({ key }) => key));
    for (const [key, view] of this.#views) {
      if (keys.has(key)) continue;
      view.element.remove();
      this.#views.delete(key);
    }
    status.listeners.forEach((listener, index) => {
      let view = this.#views.get(listener.key);
      if (view === undefined) {
        view = new ListenerView(listener, this.#onMode);
        this.#views.set(listener.key, view);
      }
      const present = this.#element.children[index] ?? null;
      if (present !== view.element) this.#element.insertBefore(view.element, present);
      view.update(listener, meter, status.atMs);
    });
    this.#narrow();
  }

  /** Shows the backend that a link leads to, if the filter hides it. */
  #reveal() {
    const target = document.querySelector(":target");
    if (target === null || target.closest("[hidden]") === null) return;
    this.#filter.value = "";
    this.#narrow();
    target.scrollIntoView();
  }

  #narrow() {
    const words = this.#filter.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    let shown = 0;
    for (const view of this.#views.values()) shown += view.filter(words);
    setText(this.#count, words.length === 0 ? "" : `${shown} shown`);
  }
}
