// @ts-check
/// <reference lib="dom" />
/**
 * @import { StatusView } from "../../metrics/status_view.ts"
 * @import { ShareMeter } from "./shares.js"
 */
import { byId, setText } from "./element.js";
import { SectionView } from "./section_view.js";
import { listSections } from "./sections.js";

/** All listeners and pools, and the field that filters the backends. */
export class SectionList {
  #element = byId("listeners", HTMLElement);
  #filter = byId("filter", HTMLInputElement);
  #count = byId("filter-count", HTMLElement);
  /** @type {Map<string, SectionView>} by the id of the section */
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
    const sections = listSections(status);
    const ids = new Set(sections.map(({ id }) => id));
    for (const [id, view] of this.#views) {
      if (ids.has(id)) continue;
      view.element.remove();
      this.#views.delete(id);
    }
    sections.forEach((section, index) => {
      let view = this.#views.get(section.id);
      if (view === undefined) {
        view = new SectionView(section, this.#onMode);
        this.#views.set(section.id, view);
      }
      const present = this.#element.children[index] ?? null;
      if (present !== view.element) this.#element.insertBefore(view.element, present);
      view.update(section, meter, status.atMs);
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
